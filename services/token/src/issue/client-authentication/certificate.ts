import { X509Certificate } from 'node:crypto'
import {
  type ClientRegistration,
  ClientAuthenticationMethod as Method,
} from '@gatehouse/contracts/credential/v1/client_registration'
import { Refused } from '../../refused.ts'
import type { ClientRequest } from '../token-request.ts'

export type CertificateMethod =
  | typeof Method.CLIENT_AUTHENTICATION_METHOD_TLS_CLIENT_AUTH
  | typeof Method.CLIENT_AUTHENTICATION_METHOD_SELF_SIGNED_TLS_CLIENT_AUTH

/** RFC 8705 section 2. The gateway's TLS has proven that the client holds the key. @throws Refused */
export function checkCertificate(
  { endpoint, nowMs }: ClientRequest,
  method: CertificateMethod,
  registration: ClientRegistration,
): void {
  if (endpoint.clientCertificate.length === 0) throw new Refused('client_authentication_missing')
  const certificate = new X509Certificate(endpoint.clientCertificate)
  const trusted =
    method === Method.CLIENT_AUTHENTICATION_METHOD_TLS_CLIENT_AUTH
      ? endpoint.clientCertificateAuthorized && subjectOf(certificate) === registration.tlsClientAuthSubjectDn
      : isRegistered(certificate, registration.jwks) && isInForce(certificate, nowMs)
  if (!trusted) throw new Refused('client_certificate_mismatch')
}

/** RFC 4514: the most specific part first, parts joined by commas. Node writes one a line, the least specific first. */
function subjectOf({ subject }: X509Certificate): string {
  return subject.split('\n').reverse().join(',')
}

/** Section 2.2: the certificate itself is registered, as `x5c` of one of the client's keys. */
function isRegistered({ raw }: X509Certificate, jwks: string): boolean {
  const { keys } = JSON.parse(jwks || '{"keys":[]}') as { readonly keys: readonly { readonly x5c?: unknown }[] }
  return keys.some(({ x5c }) => Array.isArray(x5c) && x5c[0] === raw.toString('base64'))
}

function isInForce({ validFromDate, validToDate }: X509Certificate, nowMs: number): boolean {
  return validFromDate.getTime() <= nowMs && nowMs < validToDate.getTime()
}
