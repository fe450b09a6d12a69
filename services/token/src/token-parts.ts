import type { DecisionState, FindVerificationKey } from '@gatehouse/decision-state'
import type { TokenVerifier } from '@gatehouse/token-verifier'
import type { AuthorizeParts } from './authorize/authorize-parts.ts'
import type { Handles } from './keys/handles.ts'
import type { SealedKeys } from './keys/sealed-keys.ts'
import type { SigningKeys } from './keys/signing-keys.ts'
import type { Grants } from './read/grants.ts'
import type { Views } from './read/views.ts'
import type { SignInParts } from './sign-in/sign-in-parts.ts'
import type { SignOuts } from './sign-out/sign-outs.ts'
import type { TokenStore } from './store/token-store.ts'

/** What the endpoints work with. */
export interface TokenParts {
  readonly state: DecisionState
  readonly views: Views
  readonly store: TokenStore
  readonly keys: SigningKeys
  readonly sealed: SealedKeys
  readonly handles: Handles
  readonly grants: Grants
  readonly verifier: TokenVerifier
  readonly verificationKey: FindVerificationKey
  readonly signIn: SignInParts
  readonly signOuts: SignOuts
  readonly authorize: AuthorizeParts
}
