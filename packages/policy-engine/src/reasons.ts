import type { TokenFault } from '@gatehouse/token-verifier'

/** The request names nothing that is served. */
export type MatchReason = 'no_environment' | 'no_api' | 'no_operation' | 'method_not_allowed' | 'api_unusable'

/** Who calls is not proven. Alike on the wire, so that nothing is learnt about a credential that is not held. */
export type AuthenticationReason =
  | 'credential_missing'
  | 'credential_malformed'
  | 'credential_ambiguous'
  | 'credential_unknown'
  | 'credential_mismatch'
  | 'api_key_suspended'
  | 'api_key_revoked'
  | 'api_key_expired'
  | 'api_key_state_unknown'
  | TokenReason

/** Why an access token is not taken: by itself, by what revokes it, or for want of the key that it is bound to. */
export type TokenReason =
  | TokenFault
  | 'token_unknown'
  | 'token_form_wrong'
  | 'token_revoked'
  | 'grant_revoked'
  | 'token_cut_off'
  | 'user_suspended'
  | 'token_state_unknown'
  | 'certificate_mismatch'
  | 'proof_missing'
  | 'proof_invalid'
  | 'proof_replayed'
  | 'proof_nonce_required'

/** Who calls is proven, and may not. */
export type AuthorizationReason =
  | 'client_unknown'
  | 'client_suspended'
  | 'client_deleted'
  | 'client_state_unknown'
  | 'subscription_unknown'
  | 'subscription_pending'
  | 'subscription_suspended'
  | 'subscription_cancelled'
  | 'subscription_state_unknown'
  | 'api_not_entitled'
  | 'plan_unknown'
  | 'ip_not_allowed'
  | 'operation_not_entitled'
  | 'scope_missing'
  | 'security_unsatisfied'
  | 'security_unsupported'

/** It cannot be known or proven at the moment. */
export type AvailabilityReason =
  | 'state_stale'
  | 'position_not_reached'
  | 'read_model_unavailable'
  | 'limiter_unavailable'
  | 'token_service_unavailable'
  | 'proof_memory_unavailable'
  | 'audit_unavailable'
  | 'overloaded'
  | 'shutting_down'
  | 'internal_error'

/** The request cannot be read. */
export type RequestReason =
  | 'request_malformed'
  | 'request_timeout'
  | 'request_head_too_large'
  | 'request_body_too_large'
  | 'method_unsupported'
  | 'version_unsupported'
  | 'path_malformed'
  | 'host_malformed'
  | 'position_malformed'

/** The request was allowed, and the upstream did not answer it. */
export type UpstreamReason =
  | 'upstream_unreachable'
  | 'upstream_timeout'
  | 'upstream_response_malformed'
  | 'upstream_aborted'

/** What a decision denies with. */
export type DenyReason =
  | MatchReason
  | AuthenticationReason
  | AuthorizationReason
  | 'rate_limited'
  | AvailabilityReason
  | RequestReason

/** Every reason that a decision record may carry. */
export type Reason = 'ok' | 'client_gone' | DenyReason | UpstreamReason

/**
 * What `WWW-Authenticate` says: RFC 6750 section 3.1 and RFC 9449 section 7.1; a request without credential learns no
 * error code.
 */
export type Challenge =
  | 'none'
  | 'credential_missing'
  | 'credential_invalid'
  | 'proof_invalid'
  | 'proof_nonce_required'
  | 'insufficient_scope'

/** What a client sees of a reason: HTTP status, `code` of the problem (RFC 9457), challenge. */
export interface Wire {
  readonly status: number
  readonly code: string
  readonly challenge: Challenge
}

const wire = (status: number, code: string, challenge: Challenge = 'none'): Wire =>
  Object.freeze({ status, code, challenge })

const answers = {
  ok: wire(200, 'ok'),
  notFound: wire(404, 'not_found'),
  methodNotAllowed: wire(405, 'method_not_allowed'),
  credentialMissing: wire(401, 'credential_missing', 'credential_missing'),
  credentialInvalid: wire(401, 'credential_invalid', 'credential_invalid'),
  proofInvalid: wire(401, 'credential_invalid', 'proof_invalid'),
  proofNonceRequired: wire(401, 'credential_invalid', 'proof_nonce_required'),
  accessDenied: wire(403, 'access_denied'),
  insufficientScope: wire(403, 'insufficient_scope', 'insufficient_scope'),
  rateLimited: wire(429, 'rate_limited'),
  unavailable: wire(503, 'unavailable'),
  internalError: wire(500, 'internal_error'),
  requestInvalid: wire(400, 'request_invalid'),
  requestTimeout: wire(408, 'request_timeout'),
  bodyTooLarge: wire(413, 'body_too_large'),
  headTooLarge: wire(431, 'head_too_large'),
  notImplemented: wire(501, 'not_implemented'),
  versionUnsupported: wire(505, 'version_unsupported'),
  badGateway: wire(502, 'upstream_failed'),
  gatewayTimeout: wire(504, 'upstream_timeout'),
  clientGone: wire(499, 'client_gone'),
} as const

/** Rich inside, generic outside: the one place where a reason becomes an answer. The type keeps it exhaustive. */
const wires: { readonly [Each in Reason]: Wire } = {
  ok: answers.ok,
  no_environment: answers.notFound,
  no_api: answers.notFound,
  no_operation: answers.notFound,
  method_not_allowed: answers.methodNotAllowed,
  credential_missing: answers.credentialMissing,
  credential_malformed: answers.credentialInvalid,
  credential_ambiguous: answers.credentialInvalid,
  credential_unknown: answers.credentialInvalid,
  credential_mismatch: answers.credentialInvalid,
  api_key_suspended: answers.credentialInvalid,
  api_key_revoked: answers.credentialInvalid,
  api_key_expired: answers.credentialInvalid,
  api_key_state_unknown: answers.credentialInvalid,
  token_malformed: answers.credentialInvalid,
  token_header_refused: answers.credentialInvalid,
  token_algorithm_refused: answers.credentialInvalid,
  token_type_wrong: answers.credentialInvalid,
  token_key_unknown: answers.credentialInvalid,
  token_signature_invalid: answers.credentialInvalid,
  token_issuer_wrong: answers.credentialInvalid,
  token_audience_wrong: answers.credentialInvalid,
  token_claims_invalid: answers.credentialInvalid,
  token_expired: answers.credentialInvalid,
  token_not_yet_valid: answers.credentialInvalid,
  token_unknown: answers.credentialInvalid,
  token_form_wrong: answers.credentialInvalid,
  token_revoked: answers.credentialInvalid,
  grant_revoked: answers.credentialInvalid,
  token_cut_off: answers.credentialInvalid,
  user_suspended: answers.credentialInvalid,
  token_state_unknown: answers.credentialInvalid,
  certificate_mismatch: answers.credentialInvalid,
  proof_missing: answers.proofInvalid,
  proof_invalid: answers.proofInvalid,
  proof_replayed: answers.proofInvalid,
  proof_nonce_required: answers.proofNonceRequired,
  client_unknown: answers.accessDenied,
  client_suspended: answers.accessDenied,
  client_deleted: answers.accessDenied,
  client_state_unknown: answers.accessDenied,
  subscription_unknown: answers.accessDenied,
  subscription_pending: answers.accessDenied,
  subscription_suspended: answers.accessDenied,
  subscription_cancelled: answers.accessDenied,
  subscription_state_unknown: answers.accessDenied,
  api_not_entitled: answers.accessDenied,
  plan_unknown: answers.accessDenied,
  ip_not_allowed: answers.accessDenied,
  operation_not_entitled: answers.accessDenied,
  security_unsatisfied: answers.accessDenied,
  security_unsupported: answers.accessDenied,
  scope_missing: answers.insufficientScope,
  rate_limited: answers.rateLimited,
  api_unusable: answers.unavailable,
  state_stale: answers.unavailable,
  position_not_reached: answers.unavailable,
  read_model_unavailable: answers.unavailable,
  limiter_unavailable: answers.unavailable,
  token_service_unavailable: answers.unavailable,
  proof_memory_unavailable: answers.unavailable,
  audit_unavailable: answers.unavailable,
  overloaded: answers.unavailable,
  shutting_down: answers.unavailable,
  internal_error: answers.internalError,
  request_malformed: answers.requestInvalid,
  path_malformed: answers.requestInvalid,
  host_malformed: answers.requestInvalid,
  position_malformed: answers.requestInvalid,
  request_timeout: answers.requestTimeout,
  request_body_too_large: answers.bodyTooLarge,
  request_head_too_large: answers.headTooLarge,
  method_unsupported: answers.notImplemented,
  version_unsupported: answers.versionUnsupported,
  upstream_unreachable: answers.badGateway,
  upstream_response_malformed: answers.badGateway,
  upstream_aborted: answers.badGateway,
  upstream_timeout: answers.gatewayTimeout,
  client_gone: answers.clientGone,
}

/** The answer to a reason. What is no reason (types exclude it) is an error, never an allow. */
export function wireOf(reason: Reason): Wire {
  return Object.hasOwn(wires, reason) ? wires[reason] : answers.internalError
}
