export {
  type AccessTokens,
  type AccessTokensOptions,
  createAccessTokens,
  type ReadToken,
  type TokenPlace,
  type VerifiedToken,
} from './access-tokens.ts'
export { type ReadApiKey, readApiKey, rememberApiKey } from './api-keys.ts'
export { type Decided, decisionEntry, type RecordedRequest } from './decision-entry.ts'
export {
  type DecisionState,
  type DecisionStateHooks,
  type DecisionStateOptions,
  openDecisionState,
} from './decision-state.ts'
export { type CredentialLookup, FactParked, loadViews } from './load-views.ts'
export { type RebuildFromLogsOptions, rebuildFromLogs } from './rebuild.ts'
export {
  createReferenceTokens,
  type ReferenceTokens,
  type ReferenceTokensOptions,
  type ResolveReferenceToken,
  TokenServiceUnavailable,
} from './reference-tokens.ts'
export type { SigningKeys } from './signing-keys.ts'
export { refuseUnknownState, type Staleness } from './staleness.ts'
export { createVerificationKeys, type FindVerificationKey } from './verification-keys.ts'
