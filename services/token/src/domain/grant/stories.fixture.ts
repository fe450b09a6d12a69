import type { TokenEvent } from '@gatehouse/contracts/events'
import { type Grant, GrantRevocationReason } from '@gatehouse/contracts/token/v1/grant'
import { latestExpiry } from '../../issue/token-life.ts'

/** Noon of a day, and times around it. */
export const time = new Date('2026-11-23T12:00:00Z')
export const after = (seconds: number) => new Date(time.getTime() + seconds * 1000)
export const days = (count: number) => after(count * 86_400)

export const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
export const redirectUri = 'https://app.example/cb'

export const code = { redirectUri, codeChallenge: challenge, expireTime: after(60), dpopThumbprint: '' }

export const facts: Grant = {
  ...{ grantId: 'grant1', environmentId: 'alpha', clientId: 'app', userId: 'user1', apiId: 'orders' },
  ...{ subscriptionId: 'sub1', scopes: ['openid', 'orders.read', 'orders.write'], authorizationDetails: '' },
  ...{ sessionId: 'session1', authTime: time, nonce: '', code, startTime: time },
  ...{ expireTime: days(30), idleSeconds: 14n * 86_400n },
}

export const started = (grant: Partial<Grant> = {}): TokenEvent => {
  return { type: 'gatehouse.token.v1.GrantStarted', data: { grant: { ...facts, ...grant } } }
}
export const redeemed = (more: { at?: Date; refreshGeneration?: bigint | undefined; confirmation?: string } = {}) => {
  const { at = after(1), confirmation = '' } = more
  const refreshGeneration = 'refreshGeneration' in more ? more.refreshGeneration : 1n
  const data = { grantId: 'grant1', redeemTime: at, refreshGeneration, confirmation }
  return { type: 'gatehouse.token.v1.AuthorizationCodeRedeemed', data } satisfies TokenEvent
}
export const rotated = (generation: bigint, rotateTime: Date, confirmation = ''): TokenEvent => {
  const data = { grantId: 'grant1', generation, rotateTime, grant: facts, confirmation }
  return { type: 'gatehouse.token.v1.RefreshTokenRotated', data }
}
export const revoked = (reason: GrantRevocationReason, revokeTime: Date): TokenEvent => {
  const data = { grantId: 'grant1', environmentId: 'alpha', reason, revokeTime, expireTime: latestExpiry(revokeTime) }
  return { type: 'gatehouse.token.v1.GrantRevoked', data }
}

const { GRANT_REVOCATION_REASON_CODE_REPLAYED: CODE_REPLAYED } = GrantRevocationReason
const { GRANT_REVOCATION_REASON_REFRESH_TOKEN_REUSED: REFRESH_TOKEN_REUSED } = GrantRevocationReason
const { GRANT_REVOCATION_REASON_OPERATOR: OPERATOR } = GrantRevocationReason

export { CODE_REPLAYED, OPERATOR, REFRESH_TOKEN_REUSED }
