import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listening, type Pinned, startPinned } from '../process.ts'

/** Starts nginx with one worker on one processor and waits until it listens. */
async function startNginx(cpu: number, port: number, http: string): Promise<Pinned> {
  const dir = mkdtempSync(join(tmpdir(), 'gatehouse-nginx-'))
  const file = join(dir, 'nginx.conf')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${dir}/${kind};`,
  )
  writeFileSync(
    file,
    `worker_processes 1; daemon off; master_process off; pid ${dir}/pid; error_log ${dir}/error;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 100000000; ${temporary.join(' ')}
${http} }`,
  )
  const nginx = startPinned(cpu, 'nginx', ['-c', file])
  await listening(port)
  return nginx
}

/** The upstream of every subject: answers at once; `/authenticate` accepts one key. */
export function startUpstream(cpu: number, port: number, apiKey: string): Promise<Pinned> {
  return startNginx(
    cpu,
    port,
    `server { listen 127.0.0.1:${port};
  location / { return 200 "what the upstream answers, a line of sixty-four bytes in all....\\n"; }
  location = /authenticate { if ($http_x_api_key != "${apiKey}") { return 401; } return 204; } }`,
  )
}

/** A plain proxy, and beside it one that asks `/authenticate` of the upstream before each request (auth_request). */
export function startNginxPeers(
  cpu: number,
  ports: { plain: number; authRequest: number; upstream: number },
): Promise<Pinned> {
  const proxy = 'proxy_pass http://upstream; proxy_http_version 1.1; proxy_set_header Connection "";'
  return startNginx(
    cpu,
    ports.plain,
    `upstream upstream { server 127.0.0.1:${ports.upstream}; keepalive 128; keepalive_requests 100000000; }
server { listen 127.0.0.1:${ports.plain}; location / { ${proxy} } }
server { listen 127.0.0.1:${ports.authRequest};
  location / { auth_request /_authenticate; ${proxy} }
  location = /_authenticate { internal; ${proxy.replace('http://upstream;', 'http://upstream/authenticate;')} proxy_pass_request_body off; proxy_set_header Content-Length ""; } }`,
  )
}
