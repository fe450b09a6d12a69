import type { ClientRegistration } from '@gatehouse/contracts/credential/v1/client_registration'
import { certificateThumbprint } from '@gatehouse/token-verifier'
import { Refused } from '../refused.ts'
import type { Target } from './entitlement.ts'
import type { Place } from './token-request.ts'

/** RFC 7800: the key that a token is bound to. */
export type Confirmation = { readonly jkt: string } | { readonly 'x5t#S256': string }

/**
 * The key that the tokens of a request are bound to: that of its DPoP proof (RFC 9449), else the client's certificate
 * where the client wants that (RFC 8705).
 * @param target undefined where tokens are for the issuer alone
 * @throws Refused `proof_required` where the API, or the client for itself, wants bound tokens
 */
export function requiredConfirmation(
  place: Place,
  registration: ClientRegistration,
  target: Target | undefined,
): Confirmation | undefined {
  const { dpopBoundAccessTokens, tlsClientCertificateBoundAccessTokens } = registration
  const confirmation = confirmationOf(place, tlsClientCertificateBoundAccessTokens)
  const bound = confirmation !== undefined
  if (dpopBoundAccessTokens && !(bound && 'jkt' in confirmation)) throw new Refused('proof_required')
  if ((target?.tokens.senderConstrained || tlsClientCertificateBoundAccessTokens) && !bound)
    throw new Refused('proof_required')
  return confirmation
}

function confirmationOf({ endpoint }: Place, certificateBound: boolean): Confirmation | undefined {
  if (endpoint.dpopThumbprint) return { jkt: endpoint.dpopThumbprint }
  if (!certificateBound || endpoint.clientCertificate.length === 0) return undefined
  return { 'x5t#S256': certificateThumbprint(endpoint.clientCertificate) }
}
