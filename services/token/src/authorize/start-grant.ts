import { randomBytes } from 'node:crypto'
import type { Grant } from '@gatehouse/contracts/token/v1/grant'
import { encodeBase32, secretIdBytes } from '@gatehouse/credential-format'
import { GatehouseError } from '@gatehouse/errors'
import { type Agreement, qualifiedScope } from '../domain/consent/consent.ts'
import { type ConsentCommand, consent as consents } from '../domain/consent/decide.ts'
import { grant as grants } from '../domain/grant/decide.ts'
import { active } from '../domain/user/user.ts'
import type { Place } from '../issue/token-request.ts'
import { Refused } from '../refused.ts'
import { streams } from '../store/streams.ts'
import { transact } from '../store/transact.ts'
import type { TokenParts } from '../token-parts.ts'
import { identityScopes } from './check-scopes.ts'

/** How the user agreed: now, before (which is looked at again), or by being of the house. */
export type AgreedBy = 'give' | 'require' | 'implied'

/** What a grant begins with, beside its life. */
export type NewGrant = Omit<Grant, 'grantId' | 'startTime' | 'expireTime' | 'idleSeconds' | '_unknownFields'>

/** What of a grant is agreed to. */
export function agreementOf({
  apiId,
  scopes,
  authorizationDetails,
}: Pick<Grant, 'apiId' | 'scopes' | 'authorizationDetails'>): Agreement {
  return { scopes: scopes.map((scope) => qualifiedScope(ownerOf(scope, apiId), scope)), authorizationDetails }
}

/** OpenID Connect's scopes belong to no API. */
function ownerOf(scope: string, apiId: string): string {
  return identityScopes.has(scope) ? '' : apiId
}

/**
 * Starts a grant, in one transaction with the consent that it stands on: what is taken back meanwhile is not used.
 * @throws Refused `consent_required` when it was, `user_suspended`
 */
export async function startGrant(
  parts: TokenParts,
  place: Place,
  wanted: NewGrant,
  agreedBy: AgreedBy,
): Promise<Grant> {
  const time = new Date(place.nowMs)
  const { refreshLifetimeMs, refreshIdleMs } = place.issuer
  const grant: Grant = {
    ...wanted,
    grantId: encodeBase32(randomBytes(secretIdBytes)),
    startTime: time,
    expireTime: new Date(time.getTime() + refreshLifetimeMs),
    idleSeconds: BigInt(Math.floor(refreshIdleMs / 1000)),
  }
  const { environmentId, userId, clientId, grantId } = grant
  const parties = { environmentId, userId, clientId }
  await transact(parts.store, {
    streams: { consent: streams.consent(parties), grant: streams.grant(grantId), user: streams.user(userId) },
    decide(states) {
      active(states.user, userId)
      const agreed: ConsentCommand | undefined =
        agreedBy === 'implied' ? undefined : { type: agreedBy, ...parties, ...agreementOf(grant), time }
      return {
        events: {
          consent: agreed ? consents.decide(agreed, states.consent) : [],
          grant: grants.decide({ type: 'start', grantId, time, grant }, states.grant),
        },
      }
    },
  }).catch(orRefused)
  return grant
}

function orRefused(error: unknown): never {
  const reason = error instanceof GatehouseError ? error.reason : ''
  if (reason === 'CONSENT_REQUIRED') throw new Refused('consent_required')
  if (reason === 'USER_SUSPENDED' || reason === 'USER_NOT_FOUND') throw new Refused('user_suspended')
  throw error
}
