import type { ForwardPlan } from '../http1/exchange.ts'
import { headerLine, headerLines } from '../http1/own-response.ts'
import type { ServerExchange } from '../http1/server-exchange.ts'
import { believedHops } from './forwarded-for.ts'
import { nameSet } from './name-set.ts'

/** RFC 9110 section 7.6.1, and what frames the message: set anew on each connection. */
export const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-authentication-info',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'content-length',
]

/** What only the gateway may say to an upstream: who calls, over which way. */
const ours = [
  'x-client-id',
  'x-user-id',
  'x-scopes',
  'x-roles',
  'x-auth-method',
  'x-request-id',
  'traceparent',
  'client-cert',
  'client-cert-chain',
  'forwarded',
  'x-real-ip',
]

/** Make some upstreams serve another path or method than the one that was decided. */
const overrides = [
  'x-original-url',
  'x-original-uri',
  'x-original-method',
  'x-rewrite-url',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
]

const oursByPrefix = ['x-gatehouse-', 'x-forwarded-']

const neverForwarded = nameSet([...hopByHop, ...ours, ...overrides, 'host', 'expect'], oursByPrefix)

const PATH = /^(?:\/[!"$-~]*|\*)$/

/**
 * The request head for the upstream, built anew. What the client's `Connection` names goes first and what the
 * gateway adds comes last, so that no client can have ours removed (Fabio CVE-2025-48865).
 * @throws TypeError for a path or an added header that HTTP cannot carry
 */
export function requestHead(client: ServerExchange, plan: ForwardPlan): string {
  // Validated last, on the very text that is sent.
  if (!PATH.test(plan.path)) throw new TypeError('path to the upstream is not visible ASCII beginning with /')
  const { table } = client.connection.parser
  const { removeHeaders } = plan
  const named = client.connectionNames === undefined ? undefined : nameSet(client.connectionNames)
  let head = `${client.method} ${plan.path} HTTP/1.1\r\nHost: ${plan.host ?? plan.upstream.authority}\r\n`
  head += table.lines(
    (index) => !(neverForwarded.has(table, index) || named?.has(table, index) || removeHeaders?.has(table, index)),
  )
  if (client.bodyLength === undefined) head += 'Transfer-Encoding: chunked\r\n'
  else if (client.bodyLength > 0 || expectsBody(client.method)) head += `Content-Length: ${client.bodyLength}\r\n`
  return `${head + forwardedLines(client) + headerLines(plan.addHeaders)}\r\n`
}

function expectsBody(method: string): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH'
}

function forwardedLines(client: ServerExchange): string {
  const { trustedProxies } = client.connection.server
  const scheme = client.tls ? 'https' : 'http'
  if (trustedProxies === 0) {
    return `X-Forwarded-For: ${client.remoteAddress}\r\nX-Forwarded-Proto: ${scheme}\r\nX-Forwarded-Host: ${client.host}\r\n`
  }
  const hops = believedHops(client.remoteAddress, client.headerValues('x-forwarded-for'), trustedProxies)
  const proto = client.header('x-forwarded-proto')
  const host = client.header('x-forwarded-host')
  return (
    headerLine('X-Forwarded-For', hops.join(', ')) +
    headerLine('X-Forwarded-Proto', proto === 'http' || proto === 'https' ? proto : scheme) +
    headerLine('X-Forwarded-Host', typeof host === 'string' ? host : client.host)
  )
}
