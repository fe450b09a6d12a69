import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, fromDebian } from '@gatehouse/testkit'
import { startNginx } from './nginx.ts'
import type { Peer } from './peer.ts'

const names = ['ndk_http_module.so', 'ngx_http_lua_module.so']

/**
 * Nginx that does the same work by a script: a key looked up, a window counted in shared memory, a line written to its
 * log for each request, as nginx does unless told otherwise. The line is not durable, and keys are compared in clear.
 */
export async function startNginxLua(cpu: number, upstream: number, apiKey: string): Promise<Peer> {
  const modules = await luaModules()
  const port = await freePort()
  const peer = await startNginx(
    cpu,
    port,
    (folder) => `lua_shared_dict keys 1m; lua_shared_dict windows 1m;
init_by_lua_block { ngx.shared.keys:set("${apiKey}", "bench") }
log_format decision escape=json '{"time":"$time_iso8601","id":"$request_id","client":"$client","method":"$request_method","path":"$uri","status":$status}';
upstream upstream { server 127.0.0.1:${upstream}; keepalive 128; keepalive_requests 100000000; }
server { listen 127.0.0.1:${port}; access_log ${folder}/decisions decision; set $client "";
  location / {
    access_by_lua_block {
      local key = ngx.var.http_x_api_key
      local client = key and ngx.shared.keys:get(key)
      if not client then return ngx.exit(401) end
      ngx.var.client = client
      local window = client .. math.floor(ngx.now() / 60)
      if ngx.shared.windows:incr(window, 1, 0, 120) > 100000000 then return ngx.exit(429) end
    }
    proxy_pass http://upstream; proxy_http_version 1.1; proxy_set_header Connection "";
  } }`,
    modules,
  )
  return { ...peer, url: `http://127.0.0.1:${port}`, headers: { 'X-API-Key': apiKey } }
}

/** The paths of the modules; Debian's package is installed where we may. */
async function luaModules(): Promise<readonly string[]> {
  const folder = /--modules-path=(\S+)/.exec(execFileSync('sh', ['-c', 'nginx -V 2>&1'], { encoding: 'utf8' }))?.[1]
  if (folder === undefined) throw new Error('this nginx loads no modules')
  const paths = names.map((name) => join(folder, name))
  if (!paths.every(existsSync)) await fromDebian('libnginx-mod-http-lua')
  if (!paths.every(existsSync)) throw new Error(`no Lua in ${folder}: install libnginx-mod-http-lua`)
  return paths
}
