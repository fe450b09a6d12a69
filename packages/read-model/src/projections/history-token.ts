import type { TokenEvent } from '@gatehouse/contracts/events'
import { TokenForm } from '@gatehouse/contracts/policy/v1/token_settings'
import { DeviceAuthorization, Grant, Session, UserClaims } from '@gatehouse/contracts/token/v1/grant'
import type { Choice, Chosen, Streams } from './history.ts'

const type = 'gatehouse.token.v1'
const environmentId = 'alpha'

const kinds = [keyRing, token, cutoff, grant, user, session, device, consent, referenceToken]

/** A valid next event of the token log. */
export function tokenEvent(choice: Choice, streams: Streams<TokenEvent>): Chosen<TokenEvent> {
  const make = kinds[choice.noun % kinds.length] ?? keyRing
  return make(choice, streams, new Date(choice.time))
}

/** One of several events; the stream begins with the first. */
function oneOf(stream: string, events: readonly TokenEvent[], { time }: Choice, streams: Streams<TokenEvent>) {
  const [first, ...rest] = events
  const event = streams.has(stream) ? rest[time % rest.length] : first
  if (!event) throw new Error('no event to choose')
  return [stream, event] as const
}

function keyRing({ id, time, words }: Choice, streams: Streams<TokenEvent>, at: Date): Chosen<TokenEvent> {
  const stream = `key_ring-${environmentId}`
  const published = (streams.get(stream) ?? []).filter((event) => event.type === `${type}.SigningKeyPublished`).length
  const keyId = `k${published === 0 ? 0 : id % published}`
  const about = { keyId, environmentId }
  const removeTime = new Date(at.getTime() + 1000)
  const publicJwk = JSON.stringify(words)
  const key = { ...about, keyId: `k${published}`, algorithm: 1, publicJwk, publishTime: at } as const
  if (published === 0 || time % 4 === 0) return [stream, { type: `${type}.SigningKeyPublished`, data: key }]
  if (time % 4 === 1) return [stream, { type: `${type}.SigningKeyActivated`, data: { ...about, activateTime: at } }]
  if (time % 4 === 2)
    return [stream, { type: `${type}.SigningKeyRetired`, data: { ...about, retireTime: at, removeTime } }]
  return [stream, { type: `${type}.SigningKeyRemoved`, data: { ...about, reason: '', removeTime: at } }]
}

function token({ id, words }: Choice, _: Streams<TokenEvent>, at: Date): Chosen<TokenEvent> {
  const expireTime = words.length === 1 ? undefined : at
  const data = { environmentId, tokenId: `t${id}`, clientId: 'c1', reason: '', revokeTime: at, expireTime }
  return [`token-${environmentId}.t${id}`, { type: `${type}.TokenRevoked`, data }]
}

function cutoff({ id, event }: Choice, _: Streams<TokenEvent>, at: Date): Chosen<TokenEvent> {
  const subject = ([1, 2, 3] as const)[event % 3] ?? 3
  const subjectId = subject === 3 ? '' : `s${id}`
  const data = { environmentId, subject, subjectId, before: at, reason: '', revokeTime: at }
  const name = ['client', 'user', 'environment'][event % 3]
  return [`cutoff-${environmentId}.${name}.${subjectId}`, { type: `${type}.TokensRevokedBefore`, data }]
}

function grant(choice: Choice, streams: Streams<TokenEvent>, at: Date): Chosen<TokenEvent> {
  const grantId = `g${choice.id}`
  const revoked = { grantId, environmentId, reason: 3, revokeTime: at, expireTime: at } as const
  const redeemed = { grantId, redeemTime: at, refreshGeneration: 0n, confirmation: '' }
  const events: readonly TokenEvent[] = [
    { type: `${type}.GrantStarted`, data: { grant: Grant.fromPartial({ grantId }) } },
    { type: `${type}.AuthorizationCodeRedeemed`, data: redeemed },
    {
      type: `${type}.RefreshTokenRotated`,
      data: { grantId, generation: 1n, rotateTime: at, grant: undefined, confirmation: '' },
    },
    { type: `${type}.GrantRevoked`, data: revoked },
  ]
  return oneOf(`grant-${grantId}`, events, choice, streams)
}

function user(choice: Choice, streams: Streams<TokenEvent>, at: Date): Chosen<TokenEvent> {
  const userId = `u${choice.id}`
  const claims = UserClaims.create()
  const events: readonly TokenEvent[] = [
    { type: `${type}.UserCreated`, data: { userId, environmentId, username: userId, claims, createTime: at } },
    { type: `${type}.UserClaimsChanged`, data: { userId, claims, changeTime: at } },
    { type: `${type}.UserPasswordChanged`, data: { userId, changeTime: at, passwordId: 'p1' } },
    { type: `${type}.UserLinked`, data: { userId, providerId: 'p', providerSubject: 's', linkTime: at } },
    { type: `${type}.UserSuspended`, data: { userId, environmentId, reason: '', suspendTime: at } },
    { type: `${type}.UserResumed`, data: { userId, environmentId, resumeTime: at } },
  ]
  return oneOf(`user-${userId}`, events, choice, streams)
}

function session(choice: Choice, streams: Streams<TokenEvent>, at: Date): Chosen<TokenEvent> {
  const sessionId = `s${choice.id}`
  const times = { authTime: at, expireTime: at }
  const renewed = { sessionId, number: 1n, ...times, authenticationMethods: ['pwd'], providerId: '' }
  const events: readonly TokenEvent[] = [
    { type: `${type}.SessionStarted`, data: { session: Session.fromPartial({ sessionId }) } },
    { type: `${type}.SessionRenewed`, data: renewed },
    { type: `${type}.SessionEnded`, data: { sessionId, environmentId, userId: 'u1', endTime: at } },
  ]
  return oneOf(`session-${sessionId}`, events, choice, streams)
}

function device(choice: Choice, streams: Streams<TokenEvent>, at: Date): Chosen<TokenEvent> {
  const deviceAuthorizationId = `d${choice.id}`
  const deviceAuthorization = DeviceAuthorization.fromPartial({ deviceAuthorizationId })
  const approved = { deviceAuthorizationId, grantId: 'g1', userId: 'u1', approveTime: at }
  const events: readonly TokenEvent[] = [
    { type: `${type}.DeviceAuthorizationStarted`, data: { deviceAuthorization } },
    { type: `${type}.DeviceAuthorizationApproved`, data: approved },
    { type: `${type}.DeviceAuthorizationDenied`, data: { deviceAuthorizationId, denyTime: at } },
    { type: `${type}.DeviceAuthorizationRedeemed`, data: { deviceAuthorizationId, redeemTime: at } },
  ]
  return oneOf(`device-${deviceAuthorizationId}`, events, choice, streams)
}

function consent(choice: Choice, streams: Streams<TokenEvent>, at: Date): Chosen<TokenEvent> {
  const about = { environmentId, userId: `u${choice.id}`, clientId: 'c1' }
  const given = { ...about, scopes: [...choice.words], authorizationDetails: '', consentTime: at }
  const events: readonly TokenEvent[] = [
    { type: `${type}.ConsentGiven`, data: given },
    { type: `${type}.ConsentWithdrawn`, data: { ...about, withdrawTime: at } },
  ]
  return oneOf(`consent-${environmentId}.u${choice.id}.c1`, events, choice, streams)
}

function referenceToken({ words }: Choice, streams: Streams<TokenEvent>, at: Date): Chosen<TokenEvent> {
  const tokenId = `r${streams.size}`
  const content = Buffer.from(words.join(' '))
  const referenceToken = { tokenId, environmentId, form: TokenForm.TOKEN_FORM_SPLIT, content, expireTime: at }
  return [`reference_token-${tokenId}`, { type: `${type}.ReferenceTokenIssued`, data: { referenceToken } }]
}
