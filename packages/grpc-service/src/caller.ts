import type { PeerCertificate } from 'node:tls'

const spiffe = /^URI:spiffe:\/\/gatehouse\/([a-z][a-z0-9-]{0,62})$/

/**
 * The service a verified certificate speaks for: `spiffe://gatehouse/<name>` in its alternative names, else its common
 * name. Undefined when it names none, or more than one: an ambiguous identity is no identity.
 */
export function serviceOf(certificate: Pick<PeerCertificate, 'subject' | 'subjectaltname'>): string | undefined {
  const alternativeNames = certificate.subjectaltname ?? ''
  // Node quotes a name that holds a separator; such a name could pose as a list of names (CVE-2021-44532).
  if (alternativeNames.includes('"')) return undefined
  const names = alternativeNames.split(', ').flatMap((name) => spiffe.exec(name)?.[1] ?? [])
  if (names.length > 0) return names.length === 1 ? names[0] : undefined
  const { CN } = certificate.subject ?? {}
  return typeof CN === 'string' && /^[a-z][a-z0-9-]{0,62}$/.test(CN) ? CN : undefined
}
