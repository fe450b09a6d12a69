import { type ChannelCredentials, credentials, ServerCredentials } from '@grpc/grpc-js'
import { serviceOf } from './caller.ts'
import type { TlsMaterial } from './tls.ts'

/**
 * Asks every client for a certificate but leaves the refusal to `authorize`: `createSsl` would break the handshake, and
 * a caller without certificate would see UNAVAILABLE instead of UNAUTHENTICATED. What is not verified against the CA
 * never reaches the call as a certificate (grpc-js answers an empty auth context).
 */
export class MutualTlsCredentials extends ServerCredentials {
  constructor({ ca, cert, key }: TlsMaterial) {
    super({ requestCert: true, rejectUnauthorized: false }, { ca, cert, key, minVersion: 'TLSv1.3' })
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other
  }
}

/** The server must be the service `peer` by its certificate, whatever its host name: services move, identities do not. */
export function clientCredentials({ ca, cert, key }: TlsMaterial, peer: string): ChannelCredentials {
  return credentials.createSsl(ca, key, cert, {
    checkServerIdentity(_host, certificate) {
      const service = serviceOf(certificate)
      return service === peer ? undefined : new Error(`the server is ${service ?? 'nobody known'}, not ${peer}`)
    },
  })
}
