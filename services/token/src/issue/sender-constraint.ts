import type { ClientRegistration } from '@gatehouse/contracts/credential/v1/client_registration'
import { Refused } from '../refused.ts'
import type { Confirmation } from './access-token.ts'
import type { Target } from './entitlement.ts'

/** The API (there is none where tokens are for the issuer alone), or the client for itself, wants tokens bound to a key. @throws Refused `proof_required` */
export function requireConfirmation(
  confirmation: Confirmation | undefined,
  target: Target | undefined,
  { dpopBoundAccessTokens, tlsClientCertificateBoundAccessTokens }: ClientRegistration,
): void {
  const bound = confirmation !== undefined
  if (dpopBoundAccessTokens && !(bound && 'jkt' in confirmation)) throw new Refused('proof_required')
  if ((target?.tokens.senderConstrained || tlsClientCertificateBoundAccessTokens) && !bound)
    throw new Refused('proof_required')
}
