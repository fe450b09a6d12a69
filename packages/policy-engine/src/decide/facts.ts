import type {
  ApiKeyView,
  ClientView,
  CutoffView,
  RevocationView,
  SubscriptionView,
  SuspensionView,
} from '@gatehouse/contracts/read_model/v1/views'
import type { AccessToken } from '@gatehouse/token-verifier'
import type { Match } from '../match/match.ts'
import type { TokenReason } from '../reasons.ts'

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
  /** An access token of the environment's issuer, verified, whose sender holds the key that it is bound to. */
  | { readonly kind: 'access_token'; readonly token: AccessToken }
  /** An access token that is not taken, or whose sender could not prove the key. */
  | { readonly kind: 'refused_token'; readonly reason: TokenReason }

/**
 * What the read model holds under the keys that the credential leads to: the key by its id (or, for a key that was
 * brought in by its hash, by its digest), then the client and the subscription that the key's view or the token names.
 * Absence is undefined; what could not be read at all must not come here.
 */
export interface CredentialViews {
  readonly apiKey: ApiKeyView | undefined
  readonly client: ClientView | undefined
  readonly subscription: SubscriptionView | undefined
  /** Undefined: nothing of an access token was looked up. */
  readonly revocations: RevocationViews | undefined
}

/** The deny lists under the names of a token. Absence lets it pass: freshness guards that it is known. */
export interface RevocationViews {
  /** Of the token itself or of one that it was exchanged from. */
  readonly token: RevocationView | undefined
  readonly grant: RevocationView | undefined
  readonly user: SuspensionView | undefined
  readonly clientCutoff: CutoffView | undefined
  readonly userCutoff: CutoffView | undefined
  readonly environmentCutoff: CutoffView | undefined
}

export const noViews: CredentialViews = {
  apiKey: undefined,
  client: undefined,
  subscription: undefined,
  revocations: undefined,
}
