import type { TLSSocket } from 'node:tls'
import type { ClientCertificate } from './exchange.ts'

/** The certificate of the peer; `undefined` when it showed none. */
export function readClientCertificate(socket: TLSSocket): ClientCertificate | undefined {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return undefined
  return {
    raw: certificate.raw,
    subject: certificate.subject,
    fingerprint256: certificate.fingerprint256,
    authorized: socket.authorized,
  }
}
