import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { listening, type Pinned, scratchFolder, startPinned } from '../process.ts'

/**
 * Starts nginx with one worker on one processor and waits until it listens.
 * @param http what stands in the `http` block, given a folder of its own
 * @param modules paths of modules that it loads
 */
export async function startNginx(
  cpu: number | string,
  port: number,
  http: string | ((folder: string) => string),
  modules: readonly string[] = [],
): Promise<Pinned> {
  const dir = scratchFolder('nginx')
  const file = join(dir, 'nginx.conf')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${dir}/${kind};`,
  )
  writeFileSync(
    file,
    `${modules.map((path) => `load_module ${path};`).join('\n')}
worker_processes 1; daemon off; master_process off; pid ${dir}/pid; error_log ${dir}/error;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 100000000; ${temporary.join(' ')}
${typeof http === 'string' ? http : http(dir)} }`,
  )
  const nginx = startPinned(cpu, 'nginx', ['-c', file])
  await listening(port)
  return nginx
}

/** The upstream of every subject: answers at once. */
export function startUpstream(cpu: number | string, port: number): Promise<Pinned> {
  return startNginx(
    cpu,
    port,
    `server { listen 127.0.0.1:${port};
  location / { return 200 "what the upstream answers, a line of sixty-four bytes in all....\\n"; } }`,
  )
}

/**
 * A plain proxy, and beside it one that has each request authenticated first (auth_request, as nginx documents it).
 * The service that it asks runs on the same processor, for it does a part of the work that is compared: what nginx
 * and its service take together stands against what the gateway takes. Everything else is in nginx's favour: the
 * service is an nginx too, in the same worker, that compares one text; its connections are kept, which the documented
 * configuration does not do; nothing is limited and nothing recorded.
 */
export function startNginxPeers(
  cpu: number,
  ports: { plain: number; authRequest: number; authService: number; upstream: number },
  apiKey: string,
): Promise<Pinned> {
  const kept = 'keepalive 128; keepalive_requests 100000000;'
  const proxy = (to: string) => `proxy_pass ${to}; proxy_http_version 1.1; proxy_set_header Connection "";`
  return startNginx(
    cpu,
    ports.plain,
    `upstream upstream { server 127.0.0.1:${ports.upstream}; ${kept} }
upstream service { server 127.0.0.1:${ports.authService}; ${kept} }
server { listen 127.0.0.1:${ports.plain}; location / { ${proxy('http://upstream')} } }
server { listen 127.0.0.1:${ports.authRequest};
  location / { auth_request /_authenticate; ${proxy('http://upstream')} }
  location = /_authenticate { internal; ${proxy('http://service')} proxy_pass_request_body off; proxy_set_header Content-Length ""; } }
server { listen 127.0.0.1:${ports.authService};
  location / { if ($http_x_api_key != "${apiKey}") { return 401; } return 204; } }`,
  )
}
