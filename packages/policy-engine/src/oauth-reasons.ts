/** What a client is told of a refusal: registered error code, status, words. */
export interface OAuthRefusal {
  readonly error: string
  readonly status: 400 | 401 | 403
  readonly description: string
}

const invalidClient: OAuthRefusal = {
  error: 'invalid_client',
  status: 401,
  description: 'client authentication failed',
}
const invalidGrant: OAuthRefusal = {
  error: 'invalid_grant',
  status: 400,
  description: 'the grant is invalid, expired, revoked or was issued to another client',
}
const invalidRequest = (description: string): OAuthRefusal => ({ error: 'invalid_request', status: 400, description })
const invalidTarget: OAuthRefusal = {
  error: 'invalid_target',
  status: 400,
  description: 'the resource is unknown or the client may not have tokens for it',
}

/**
 * Why an OAuth endpoint refuses: the reason in the decision record → what the client is told. What must not be told
 * apart from outside (unknown client, wrong secret, suspended client) has one answer.
 */
const refusals = {
  parameter_repeated: invalidRequest('a parameter stands more than once'),
  parameter_missing: invalidRequest('a required parameter is missing'),
  parameter_invalid: invalidRequest('a parameter is malformed'),
  form_malformed: invalidRequest('the body is not a form (application/x-www-form-urlencoded)'),
  grant_type_unsupported: {
    error: 'unsupported_grant_type',
    status: 400,
    description: 'this grant type is not supported',
  },
  grant_type_not_allowed: {
    error: 'unauthorized_client',
    status: 400,
    description: 'the client may not use this grant type',
  },
  client_authentication_missing: invalidClient,
  client_authentication_ambiguous: invalidRequest('more than one method of client authentication'),
  client_unknown: invalidClient,
  client_suspended: invalidClient,
  client_not_registered: invalidClient,
  client_method_mismatch: invalidClient,
  client_secret_malformed: invalidClient,
  client_secret_mismatch: invalidClient,
  client_secret_revoked: invalidClient,
  client_secret_expired: invalidClient,
  client_assertion_invalid: invalidClient,
  client_assertion_replayed: invalidClient,
  client_certificate_mismatch: invalidClient,
  resource_unknown: invalidTarget,
  not_entitled: invalidTarget,
  subscription_inactive: invalidTarget,
  scope_invalid: {
    error: 'invalid_scope',
    status: 400,
    description: 'a scope is malformed, or the client is entitled to none of those it asked for',
  },
  proof_required: {
    error: 'invalid_request',
    status: 400,
    description: 'tokens for this resource are bound to a key: a DPoP proof or a client certificate is required',
  },
  subject_token_invalid: invalidRequest('the subject or actor token is not acceptable'),
  token_type_unsupported: invalidRequest('this token type is not supported'),
  token_of_another_client: invalidClient,
  grant_invalid: invalidGrant,
} as const satisfies Record<string, OAuthRefusal>

export type OAuthReason = keyof typeof refusals

export function isOAuthReason(text: string): text is OAuthReason {
  return Object.hasOwn(refusals, text)
}

/** What a client is told when an OAuth endpoint refuses for this reason. */
export function oauthRefusalOf(reason: OAuthReason): OAuthRefusal {
  return refusals[reason]
}
