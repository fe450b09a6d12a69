import type { ApiKeyView, ClientView, SubscriptionView } from '@gatehouse/contracts/read_model/v1/views'
import type { Match } from '../match/match.ts'

/** What a request shows of itself, cut from its transport. */
export interface RequestFacts {
  readonly match: Match
  readonly credential: PresentedCredential
  /** The address that IP restrictions apply to, as text; empty when it is not known. */
  readonly clientIp: string
}

export type PresentedCredential =
  | { readonly kind: 'none' }
  /** It cannot exist; nothing was looked up. */
  | { readonly kind: 'malformed' }
  /** More than one; which one is meant is not ours to guess. */
  | { readonly kind: 'ambiguous' }
  /** SHA-256 of the whole key as presented. */
  | { readonly kind: 'api_key'; readonly digest: Uint8Array }

/**
 * What the read model holds under the keys that the credential leads to: the key by its id (or, for a key that was
 * brought in by its hash, by its digest), then the client and the subscription that the key's view names.
 * Absence is undefined; what could not be read at all must not come here.
 */
export interface CredentialViews {
  readonly apiKey: ApiKeyView | undefined
  readonly client: ClientView | undefined
  readonly subscription: SubscriptionView | undefined
}

export const noViews: CredentialViews = { apiKey: undefined, client: undefined, subscription: undefined }
