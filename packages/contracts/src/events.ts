import * as credential from './gen/gatehouse/credential/v1/credential_events.ts'
import type { RecordedEvent } from './gen/gatehouse/event_log/v1/event_log_service.ts'
import * as policy from './gen/gatehouse/policy/v1/policy_events.ts'
import * as token from './gen/gatehouse/token/v1/token_events.ts'

/** What turns messages of one kind into bytes and back. */
export interface Codec {
  encode(message: never): { finish(): Uint8Array }
  decode(bytes: Uint8Array): unknown
}

/** Codecs by stored event type. */
export type EventTypes = { readonly [type: string]: Codec }

/** The events of the credential log by their stored type. */
export const credentialEvents = {
  'gatehouse.credential.v1.ClientRegistered': credential.ClientRegistered,
  'gatehouse.credential.v1.ClientSuspended': credential.ClientSuspended,
  'gatehouse.credential.v1.ClientResumed': credential.ClientResumed,
  'gatehouse.credential.v1.ClientRegistrationChanged': credential.ClientRegistrationChanged,
  'gatehouse.credential.v1.ClientDeleted': credential.ClientDeleted,
  'gatehouse.credential.v1.ClientSecretIssued': credential.ClientSecretIssued,
  'gatehouse.credential.v1.ClientSecretRevoked': credential.ClientSecretRevoked,
  'gatehouse.credential.v1.ClientSecretExpirationChanged': credential.ClientSecretExpirationChanged,
  'gatehouse.credential.v1.InitialAccessTokenIssued': credential.InitialAccessTokenIssued,
  'gatehouse.credential.v1.InitialAccessTokenUsed': credential.InitialAccessTokenUsed,
  'gatehouse.credential.v1.InitialAccessTokenRevoked': credential.InitialAccessTokenRevoked,
  'gatehouse.credential.v1.SubscriptionCreated': credential.SubscriptionCreated,
  'gatehouse.credential.v1.SubscriptionActivated': credential.SubscriptionActivated,
  'gatehouse.credential.v1.SubscriptionSuspended': credential.SubscriptionSuspended,
  'gatehouse.credential.v1.SubscriptionResumed': credential.SubscriptionResumed,
  'gatehouse.credential.v1.SubscriptionCancelled': credential.SubscriptionCancelled,
  'gatehouse.credential.v1.SubscriptionChanged': credential.SubscriptionChanged,
  'gatehouse.credential.v1.ApiKeyIssued': credential.ApiKeyIssued,
  'gatehouse.credential.v1.ApiKeyRotated': credential.ApiKeyRotated,
  'gatehouse.credential.v1.ApiKeySuspended': credential.ApiKeySuspended,
  'gatehouse.credential.v1.ApiKeyResumed': credential.ApiKeyResumed,
  'gatehouse.credential.v1.ApiKeyRevoked': credential.ApiKeyRevoked,
  'gatehouse.credential.v1.ApiKeyExpirationChanged': credential.ApiKeyExpirationChanged,
  'gatehouse.credential.v1.ApiKeyRestrictionsChanged': credential.ApiKeyRestrictionsChanged,
} as const

/** The events of the policy log by their stored type. */
export const policyEvents = {
  'gatehouse.policy.v1.EnvironmentPut': policy.EnvironmentPut,
  'gatehouse.policy.v1.ApiPublished': policy.ApiPublished,
  'gatehouse.policy.v1.ApiRetired': policy.ApiRetired,
  'gatehouse.policy.v1.PlanPut': policy.PlanPut,
} as const

/** The events of the token log by their stored type. */
export const tokenEvents = {
  'gatehouse.token.v1.SigningKeyPublished': token.SigningKeyPublished,
  'gatehouse.token.v1.SigningKeyActivated': token.SigningKeyActivated,
  'gatehouse.token.v1.SigningKeyRetired': token.SigningKeyRetired,
  'gatehouse.token.v1.SigningKeyRemoved': token.SigningKeyRemoved,
  'gatehouse.token.v1.TokenRevoked': token.TokenRevoked,
  'gatehouse.token.v1.TokensRevokedBefore': token.TokensRevokedBefore,
  'gatehouse.token.v1.GrantStarted': token.GrantStarted,
  'gatehouse.token.v1.AuthorizationCodeRedeemed': token.AuthorizationCodeRedeemed,
  'gatehouse.token.v1.RefreshTokenRotated': token.RefreshTokenRotated,
  'gatehouse.token.v1.GrantRevoked': token.GrantRevoked,
  'gatehouse.token.v1.ConsentGiven': token.ConsentGiven,
  'gatehouse.token.v1.ConsentWithdrawn': token.ConsentWithdrawn,
  'gatehouse.token.v1.UserCreated': token.UserCreated,
  'gatehouse.token.v1.UserClaimsChanged': token.UserClaimsChanged,
  'gatehouse.token.v1.UserPasswordChanged': token.UserPasswordChanged,
  'gatehouse.token.v1.UserLinked': token.UserLinked,
  'gatehouse.token.v1.UserSuspended': token.UserSuspended,
  'gatehouse.token.v1.UserResumed': token.UserResumed,
  'gatehouse.token.v1.SessionStarted': token.SessionStarted,
  'gatehouse.token.v1.SessionRenewed': token.SessionRenewed,
  'gatehouse.token.v1.SessionEnded': token.SessionEnded,
  'gatehouse.token.v1.DeviceAuthorizationStarted': token.DeviceAuthorizationStarted,
  'gatehouse.token.v1.DeviceAuthorizationApproved': token.DeviceAuthorizationApproved,
  'gatehouse.token.v1.DeviceAuthorizationDenied': token.DeviceAuthorizationDenied,
  'gatehouse.token.v1.DeviceAuthorizationRedeemed': token.DeviceAuthorizationRedeemed,
  'gatehouse.token.v1.ReferenceTokenIssued': token.ReferenceTokenIssued,
} as const

/** The tagged union of the events in a table of event types: `{ type, data }`. */
export type EventOf<Types> = {
  [Type in keyof Types]: {
    readonly type: Type
    readonly data: Types[Type] extends { decode(bytes: Uint8Array): infer Data } ? Data : never
  }
}[keyof Types]

export type CredentialEvent = EventOf<typeof credentialEvents>
export type PolicyEvent = EventOf<typeof policyEvents>
export type TokenEvent = EventOf<typeof tokenEvents>

/** The logs there are; each belongs to one service and has its own positions. */
export const eventSources = ['credential', 'policy', 'token'] as const
export type EventSource = (typeof eventSources)[number]

/** The bytes are no event of their type. */
export class MalformedEvent extends Error {
  override readonly name = 'MalformedEvent'
  readonly code = 'MALFORMED_EVENT'
  readonly type: string

  constructor(type: string, options?: ErrorOptions) {
    super(`malformed event ${type}`, options)
    this.type = type
  }
}

/**
 * Decodes a stored event. Answers undefined for a type that the table does not know: the caller decides whether
 * that may be passed over.
 * @throws MalformedEvent for bytes that are none, or hold a time that no Date can: a comparison with it is never true
 */
export function decodeEvent<Types extends EventTypes>(
  types: Types,
  recorded: Pick<RecordedEvent, 'type' | 'data'>,
): EventOf<Types> | undefined {
  if (!Object.hasOwn(types, recorded.type)) return undefined
  const codec = types[recorded.type]
  if (!codec) return undefined
  const data = decode(codec, recorded)
  if (!timesAreValid(data)) throw new MalformedEvent(recorded.type)
  return { type: recorded.type, data } as EventOf<Types>
}

function decode(codec: Codec, { type, data }: Pick<RecordedEvent, 'type' | 'data'>): unknown {
  try {
    return codec.decode(data)
  } catch (cause) {
    throw new MalformedEvent(type, { cause })
  }
}

// Of every event of the log: by `Object.values` it takes a quarter of the time that `for … in` does.
function timesAreValid(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return true
  if (value instanceof Date) return !Number.isNaN(value.getTime())
  for (const each of Object.values(value)) if (typeof each === 'object' && !timesAreValid(each)) return false
  return true
}

/** The bytes of an event, as they are stored, published and hashed. */
export function encodeEvent<Types extends EventTypes>(types: Types, event: EventOf<Types>): Uint8Array {
  const codec: Codec | undefined = types[event.type as string]
  if (!codec) throw new Error(`no codec for event ${String(event.type)}`)
  return codec.encode(event.data as never).finish()
}
