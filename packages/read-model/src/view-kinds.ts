import {
  ApiKeyDigestView,
  ApiKeyView,
  ClientSecretView,
  ClientView,
  CutoffView,
  EntitlementView,
  ReferenceTokenView,
  RevocationView,
  SubscriptionView,
  SuspensionView,
} from '@gatehouse/contracts/read_model/v1/views'
import type { Noun } from './keys.ts'
import type { Stored } from './read-model.ts'

/** `parked`: an event of it could not be applied, so nobody knows what it would say: deny. */
export type Lookup<View> =
  | { readonly state: 'found'; readonly view: View }
  | { readonly state: 'absent' }
  | { readonly state: 'parked'; readonly reason: string }

/** How a view is made of what is stored. */
export interface ViewKind<View> {
  readonly noun: Noun
  /** Whether it is a deny list, where nearly everything that is asked for is absent. */
  readonly denies: boolean
  /** Of the entries that it is made of; the first is its own. */
  keys(id: string): readonly string[]
  decode(values: readonly (Stored | undefined)[]): Lookup<View>
}

interface Codec<View> {
  decode(bytes: Uint8Array): View
}

function kindOf<View>(noun: Noun, codec: Codec<View>, denies = false): ViewKind<View> {
  return { noun, denies, keys: (id) => [`${noun}/${id}`], decode: ([stored]) => decode(stored, codec) }
}

const client: ViewKind<ClientView> = {
  noun: 'client',
  denies: false,
  keys: (id) => [`client/${id}`, `secret_cutoff/${id}`],
  decode([stored, cutoff]) {
    const found = decode(stored, ClientView)
    const revoked = decode(cutoff, CutoffView)
    if (found.state !== 'found' || revoked.state === 'absent') return found
    if (revoked.state === 'parked') return revoked
    return { state: 'found', view: { ...found.view, revokedBefore: revoked.view.before } }
  },
}

export const kinds = {
  apiKey: kindOf('api_key', ApiKeyView),
  apiKeyDigest: kindOf('api_key_digest', ApiKeyDigestView),
  client,
  clientSecret: kindOf('client_secret', ClientSecretView),
  subscription: kindOf('subscription', SubscriptionView),
  entitlement: kindOf('entitlement', EntitlementView),
  revokedToken: kindOf('revoked_token', RevocationView, true),
  revokedGrant: kindOf('revoked_grant', RevocationView, true),
  cutoff: kindOf('cutoff', CutoffView, true),
  suspendedUser: kindOf('suspended_user', SuspensionView, true),
  referenceToken: kindOf('reference_token', ReferenceTokenView),
}

/** The key under which the view is kept that an entry is part of. */
export function keyOfView(key: string): string {
  return key.startsWith('secret_cutoff/') ? `client/${key.slice('secret_cutoff/'.length)}` : key
}

const onTokens = ['client', 'subscription', 'revoked_token', 'revoked_grant', 'cutoff', 'suspended_user']

/** Whether a token that was good may no longer be, once what stands under the key is another. */
export function bearsOnTokens(key: string): boolean {
  return onTokens.includes(key.slice(0, key.indexOf('/')))
}

function decode<View>(stored: Stored | undefined, codec: Codec<View>): Lookup<View> {
  if (stored === undefined || stored.state === 'deleted') return { state: 'absent' }
  if (stored.state === 'parked') return { state: 'parked', reason: stored.reason }
  try {
    return { state: 'found', view: codec.decode(stored.value) }
  } catch {
    return { state: 'parked', reason: 'malformed view' }
  }
}
