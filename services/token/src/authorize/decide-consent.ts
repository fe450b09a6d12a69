import type { DecideConsent } from '@gatehouse/contracts/token/v1/authorization_service'
import type { TokenParts } from '../token-parts.ts'
import type { Step } from './answer.ts'
import { grantCode, proceed } from './proceed.ts'
import { RefusedToClient } from './return-address.ts'
import { unseal, type Visit } from './visit.ts'

/** The user's answer. @throws RefusedToClient `consent_denied`, Refused `interaction_invalid` */
export async function decideConsent(
  parts: TokenParts,
  visit: Visit,
  { interaction, approved }: DecideConsent,
): Promise<Step> {
  const { request, sessionId } = unseal(parts, visit, 'consent', interaction)
  const { session, facts } = visit
  const { clientId, apiId, subscriptionId, scopes, address } = request
  facts.add({ clientId, apiId, subscriptionId, scopes: [...scopes], grantType: 'authorization_code' })
  // Signed out meanwhile, or somebody else has signed in: whoever answers has not been asked.
  if (session?.session.sessionId !== sessionId) return { next: await proceed(parts, visit, request) }
  facts.add({ userId: session.user.userId })
  if (!approved) throw new RefusedToClient('consent_denied', address)
  return { next: await grantCode(parts, visit, request, session, 'give') }
}
