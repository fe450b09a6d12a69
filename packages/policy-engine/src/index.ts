export { type IpAddress, parseIpAddress } from './address/ip-address.ts'
export { type IpRange, inIpRange, parseIpRange } from './address/ip-range.ts'
export type { CompiledApi, CompiledForwarding, CompiledOperation, UnusableApi } from './compile/compile-api.ts'
export { compileApi } from './compile/compile-api.ts'
export { durationMicros, durationMs } from './compile/duration.ts'
export type { AuditModeName, EffectiveEnforcement } from './compile/enforcement.ts'
export {
  type CompiledEnvironment,
  type CompiledPlan,
  compilePolicy,
  PolicyTable,
} from './compile/policy-table.ts'
export {
  audienceOf,
  type CompiledIssuer,
  type CompiledTokens,
  type SigningAlgorithmName,
  type TokenFormName,
  tokenLifetimeSecondsMax,
} from './compile/token-settings.ts'
export { type Decision, decide } from './decide/decide.ts'
export { decideToken } from './decide/decide-token.ts'
export { decideUserInfo, type UserInfoFacts } from './decide/decide-user-info.ts'
export {
  type CredentialViews,
  noViews,
  type PresentedCredential,
  type RequestFacts,
  type RevocationViews,
} from './decide/facts.ts'
export type { Principal } from './decide/principal.ts'
export { type GcraAnswer, type GcraState, gcra } from './limit/gcra.ts'
export { type CompiledRateLimit, compileRateLimit } from './limit/rate-limit.ts'
export { canonicalPath, targetCharsMax } from './match/canonical-path.ts'
export { hostName } from './match/host.ts'
export { type Match, type Matched, match, matchInEnvironment, type Unmatched } from './match/match.ts'
export type { PathFault, PathRefusal } from './match/path-refusal.ts'
export { type PathTemplate, parsePathTemplate, templateSegmentsMax } from './match/path-template.ts'
export { isOAuthReason, type OAuthReason, type OAuthRefusal, oauthRefusalOf } from './oauth-reasons.ts'
export {
  type Challenge,
  type DenyReason,
  type Reason,
  type TokenReason,
  type UpstreamReason,
  type Wire,
  wireOf,
} from './reasons.ts'
