import { encodeMessage } from '@gatehouse/contracts/encode'
import { decodeEvent, type TokenEvent, tokenEvents } from '@gatehouse/contracts/events'
import { ReferenceTokenView } from '@gatehouse/contracts/read_model/v1/views'
import type { Entry } from '../read-model.ts'
import { type Projection, Unappliable } from './projection.ts'
import { foldKeyRing } from './token-key-ring.ts'
import { revokedBefore, revokedGrant, revokedToken, suspendedUser } from './token-revocation.ts'

/** What only the token service reads. */
const withoutView = [
  'gatehouse.token.v1.GrantStarted',
  'gatehouse.token.v1.AuthorizationCodeRedeemed',
  'gatehouse.token.v1.RefreshTokenRotated',
  'gatehouse.token.v1.ConsentGiven',
  'gatehouse.token.v1.ConsentWithdrawn',
  'gatehouse.token.v1.UserCreated',
  'gatehouse.token.v1.UserClaimsChanged',
  'gatehouse.token.v1.UserPasswordChanged',
  'gatehouse.token.v1.UserLinked',
  'gatehouse.token.v1.SessionStarted',
  'gatehouse.token.v1.SessionRenewed',
  'gatehouse.token.v1.SessionRenewed',
  'gatehouse.token.v1.SessionEnded',
  'gatehouse.token.v1.DeviceAuthorizationStarted',
  'gatehouse.token.v1.DeviceAuthorizationApproved',
  'gatehouse.token.v1.DeviceAuthorizationDenied',
  'gatehouse.token.v1.DeviceAuthorizationRedeemed',
] as const satisfies readonly TokenEvent['type'][]

const passedOver: ReadonlySet<string> = new Set(withoutView)

type WithView = Exclude<TokenEvent, { type: (typeof withoutView)[number] }>

/**
 * Events of the token log → `key_ring/`, the deny lists `revoked_token/`, `revoked_grant/`, `cutoff/` and
 * `suspended_user/`, and `reference_token/`.
 */
export const tokenProjection: Projection = {
  source: 'token',
  sparse: new Set(['revoked_token', 'revoked_grant', 'suspended_user']),
  passesOver: (type) => passedOver.has(type),
  fold(recorded, key, view) {
    const event = decodeEvent(tokenEvents, recorded)
    if (!event || !hasView(event)) throw new Unappliable(`unknown event type ${recorded.type}`)
    const { version } = recorded
    const entry = next(event, view, version)
    // The stream of a reference token is named by its hash alone.
    const own = event.type === 'gatehouse.token.v1.ReferenceTokenIssued' ? streamKeyOf(entry.key) : entry.key
    if (own !== key) throw new Unappliable(`the event is of ${own}`)
    return [entry]
  },
}

function hasView(event: TokenEvent): event is WithView {
  return !passedOver.has(event.type)
}

function next(event: WithView, view: Uint8Array | undefined, version: bigint): Entry {
  switch (event.type) {
    case 'gatehouse.token.v1.SigningKeyPublished':
    case 'gatehouse.token.v1.SigningKeyActivated':
    case 'gatehouse.token.v1.SigningKeyRetired':
    case 'gatehouse.token.v1.SigningKeyRemoved':
      return foldKeyRing(event, view, version)
    case 'gatehouse.token.v1.TokenRevoked':
      return revokedToken(event.data, version)
    case 'gatehouse.token.v1.GrantRevoked':
      return revokedGrant(event.data, version)
    case 'gatehouse.token.v1.TokensRevokedBefore':
      return revokedBefore(event.data, view, version)
    case 'gatehouse.token.v1.UserSuspended':
      return suspendedUser(event.data, version)
    case 'gatehouse.token.v1.UserResumed':
      return { key: `suspended_user/${event.data.userId}`, state: 'deleted', version }
    case 'gatehouse.token.v1.ReferenceTokenIssued':
      return referenceToken(event.data.referenceToken, version)
    default:
      return unknown(event)
  }
}

function unknown(event: never): never {
  throw new Unappliable(`no event of the token log: ${JSON.stringify(event)}`)
}

type ReferenceToken = Extract<TokenEvent, { type: `${string}ReferenceTokenIssued` }>['data']['referenceToken']

function referenceToken(token: ReferenceToken, version: bigint): Entry {
  if (!token) throw new Unappliable('the event carries nothing')
  const { tokenId, environmentId, form, content, expireTime } = token
  if (!expireTime) throw new Unappliable('expire_time: a reference token without an end')
  // The entry itself says when it expires: for a million of them in memory once is enough.
  const value = encodeMessage(ReferenceTokenView, { form, content, expireTime: undefined })
  return {
    key: `reference_token/${environmentId}/${tokenId}`,
    state: 'live',
    version,
    value,
    expireMs: expireTime.getTime(),
  }
}

function streamKeyOf(key: string): string {
  return `reference_token/${key.slice(key.lastIndexOf('/') + 1)}`
}
