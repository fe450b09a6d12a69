import { nameSet } from '../../services/gateway/src/forward/name-set.ts'
import { Upstream } from '../../services/gateway/src/forward/upstream.ts'
import type { Http1Handler } from '../../services/gateway/src/http1/exchange.ts'
import { Http1Server } from '../../services/gateway/src/http1/server.ts'

/** The gateway's data path alone: one header compared, identity headers set, nothing recorded. */
const [port = '', upstreamPort = '', apiKey = ''] = process.argv.slice(2)
const upstream = new Upstream({ host: '127.0.0.1', port: Number(upstreamPort) })
const removeHeaders = nameSet(['x-api-key', 'authorization'])
const addHeaders = ['X-Client-Id', 'client', 'X-Auth-Method', 'api_key', 'X-Request-Id', 'request']

const handler: Http1Handler = {
  handle(exchange) {
    if (exchange.header('x-api-key') !== apiKey) exchange.answer({ status: 401, headers: {} })
    else {
      const failed = () => ({ status: 502, headers: {} })
      exchange.forward({ upstream, path: exchange.target, removeHeaders, addHeaders, failed })
    }
    return undefined
  },
  refuse(refused) {
    refused.answer({ status: refused.refusal.status, headers: {} })
    return undefined
  },
}

await new Http1Server({ handler }).listen(Number(port), '127.0.0.1')
