import { subscribe } from 'node:diagnostics_channel'
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import { TLSSocket } from 'node:tls'

const seen = new WeakSet<ServerHttp2Session>()
let subscribed = false

/**
 * Has each connection's certificate read once, at its first call. grpc-js asks the socket for it at every call, and
 * Node decodes it every time: measured, 27 % of the processor time of `Check`. It is that of the connection for good
 * (TLS 1.3 has no renegotiation, and less is not spoken); whether it was verified is still asked at every call.
 */
export function readCertificatesOnce(): void {
  if (subscribed) return
  subscribed = true
  // The one way to a connection that grpc-js leaves open.
  subscribe('http2.server.stream.created', (message) => remember(message as { readonly stream: ServerHttp2Stream }))
}

function remember({ stream: { session } }: { readonly stream: ServerHttp2Stream }): void {
  if (session === undefined || seen.has(session as ServerHttp2Session)) return
  seen.add(session as ServerHttp2Session)
  const { socket } = session
  if (!(socket instanceof TLSSocket)) return
  const certificate = socket.getPeerCertificate(true)
  if (certificate?.raw) socket.getPeerCertificate = () => certificate
}
