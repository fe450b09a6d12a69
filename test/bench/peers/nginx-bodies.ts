import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Pinned } from '../process.ts'
import { startNginx } from './nginx.ts'

/** An upstream that answers a GET with so many bytes, and whatever else comes once it has read its body whole. */
export function startBodyUpstream(
  cpu: number,
  ports: { listen: number; empty: number },
  bytes: number,
): Promise<Pinned> {
  return startNginx(cpu, ports.listen, (folder) => {
    writeFileSync(join(folder, 'body'), Buffer.alloc(bytes, 'x'))
    // Nginx alone answers before it reads: so it reads for another server, which is asked without the body.
    return `sendfile on; client_max_body_size 0; client_body_buffer_size ${2 * bytes};
upstream empty { server 127.0.0.1:${ports.empty}; keepalive 128; keepalive_requests 100000000; }
server { listen 127.0.0.1:${ports.empty}; location / { return 200; } }
server { listen 127.0.0.1:${ports.listen}; root ${folder};
  location / { if ($request_method != GET) { rewrite ^ /read last; } try_files /body =404; }
  location = /read { internal; proxy_pass http://empty; proxy_method GET; proxy_http_version 1.1;
    proxy_set_header Connection ""; proxy_pass_request_body off; proxy_set_header Content-Length ""; } }`
  })
}

/** Nginx that passes bodies on as they come, both ways, as the gateway does; its buffers as large as the gateway's. */
export function startBodyProxy(cpu: number, port: number, upstream: number): Promise<Pinned> {
  return startNginx(
    cpu,
    port,
    `client_max_body_size 0; proxy_request_buffering off; client_body_buffer_size 64k;
proxy_buffering on; proxy_buffer_size 64k; proxy_buffers 8 64k; proxy_busy_buffers_size 128k; proxy_max_temp_file_size 0;
upstream upstream { server 127.0.0.1:${upstream}; keepalive 128; keepalive_requests 100000000; }
server { listen 127.0.0.1:${port};
  location / { proxy_pass http://upstream; proxy_http_version 1.1; proxy_set_header Connection ""; } }`,
  )
}
