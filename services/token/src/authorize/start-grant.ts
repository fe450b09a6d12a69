import { randomBytes } from 'node:crypto'
import type { Grant } from '@gatehouse/contracts/token/v1/grant'
import { encodeBase32, secretIdBytes } from '@gatehouse/credential-format'
import { failedPrecondition, GatehouseError } from '@gatehouse/errors'
import type { OAuthReason } from '@gatehouse/policy-engine'
import { type Agreement, qualifiedScope } from '../domain/consent/consent.ts'
import { type ConsentCommand, consent as consents } from '../domain/consent/decide.ts'
import { device as devices } from '../domain/device/decide.ts'
import { grant as grants } from '../domain/grant/decide.ts'
import { isLive } from '../domain/session/session.ts'
import { active } from '../domain/user/user.ts'
import type { Place } from '../issue/token-request.ts'
import { Refused } from '../refused.ts'
import { cutoffStreams, isCutOff } from '../store/cutoff-streams.ts'
import { streams } from '../store/streams.ts'
import { transact } from '../store/transact.ts'
import type { TokenParts } from '../token-parts.ts'
import { identityScopes } from './check-scopes.ts'

/** How the user agreed: now, before (which is looked at again), or by being of the house. */
export type AgreedBy = 'give' | 'require' | 'implied'

/** Who agrees, and how. */
export interface Agreeing {
  readonly agreedBy: AgreedBy
  /** Of the user who agrees. */
  readonly sessionId: string
  /** The device that it is for; undefined: a client that gets a code. */
  readonly deviceAuthorizationId?: string
}

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
 * Starts a grant, in one transaction with the consent and the session that it stands on: what is taken back or ended
 * meanwhile is not used. A device's authorization is approved in it, which can be done once.
 * @throws Refused `consent_required`, `login_required`, `user_suspended`; `device_answered` for a device that has an
 *   answer or has waited too long
 */
export async function startGrant(
  parts: TokenParts,
  place: Place,
  wanted: NewGrant,
  { agreedBy, sessionId, deviceAuthorizationId = '' }: Agreeing,
): Promise<Grant> {
  const time = new Date(place.nowMs)
  const grant = newGrant(place, wanted)
  const { environmentId, userId, clientId, grantId } = grant
  const parties = { environmentId, userId, clientId }
  const agreed: ConsentCommand | undefined =
    agreedBy === 'implied' ? undefined : { type: agreedBy, ...parties, ...agreementOf(grant), time }
  await transact(parts.store, {
    streams: {
      ...{ consent: streams.consent(parties), grant: streams.grant(grantId), user: streams.user(userId) },
      ...{ session: streams.session(sessionId), device: streams.device(deviceAuthorizationId) },
      ...cutoffStreams(environmentId, userId),
    },
    decide(states) {
      const { session, user, ofEnvironment, ofUser } = states
      const live = isLive(session, active(user, userId), time) && !isCutOff(session.authTime, [ofEnvironment, ofUser])
      if (!live) throw sessionOver(sessionId)
      const approve = { type: 'approve', deviceAuthorizationId, grantId, userId, time } as const
      return {
        events: {
          consent: agreed ? consents.decide(agreed, states.consent) : [],
          grant: grants.decide({ type: 'start', grantId, time, grant }, states.grant),
          device: deviceAuthorizationId ? devices.decide(approve, states.device) : [],
        },
      }
    },
  }).catch(orRefused)
  return grant
}

function newGrant({ issuer, nowMs }: Place, wanted: NewGrant): Grant {
  return {
    ...wanted,
    grantId: encodeBase32(randomBytes(secretIdBytes)),
    startTime: new Date(nowMs),
    expireTime: new Date(nowMs + issuer.refreshLifetimeMs),
    idleSeconds: BigInt(Math.floor(issuer.refreshIdleMs / 1000)),
  }
}

function sessionOver(sessionId: string): Error {
  return failedPrecondition('SESSION_OVER', `nobody is signed in by session ${sessionId} any more`)
}

function orRefused(error: unknown): never {
  const reason = error instanceof GatehouseError ? refusals.get(error.reason) : undefined
  throw reason === undefined ? error : new Refused(reason)
}

const refusals: ReadonlyMap<string, OAuthReason> = new Map([
  ['CONSENT_REQUIRED', 'consent_required'],
  ['SESSION_OVER', 'login_required'],
  ['USER_SUSPENDED', 'user_suspended'],
  ['USER_NOT_FOUND', 'user_suspended'],
  ['EXPIRED_TOKEN', 'device_answered'],
  ['DEVICE_ANSWERED', 'device_answered'],
])
