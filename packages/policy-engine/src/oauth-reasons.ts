/** What a client is told of a refusal: registered error code, status, words. */
export interface OAuthRefusal {
  readonly error: string
  readonly status: 400 | 401 | 403 | 429
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
const deniedAccess = (description: string): OAuthRefusal => ({ error: 'access_denied', status: 400, description })
const invalidTarget: OAuthRefusal = {
  error: 'invalid_target',
  status: 400,
  description: 'the resource is unknown or the client may not have tokens for it',
}

/** RFC 6750 section 3.1, of RFC 7591 section 3 and RFC 7592 section 2. */
const registrationToken: OAuthRefusal = {
  error: 'invalid_token',
  status: 401,
  description: 'the access token for registration is missing or not valid',
}

/**
 * Why an OAuth endpoint refuses: the reason in the decision record → what the client is told. What must not be told
 * apart from outside (unknown client, wrong secret, suspended client) has one answer.
 */
const refusals = {
  parameter_repeated: invalidRequest('a parameter stands more than once'),
  parameter_missing: invalidRequest('a required parameter is missing'),
  parameter_invalid: invalidRequest('a parameter is malformed'),
  parameter_in_query: invalidRequest('parameters stand in the body, not in the query'),
  form_parameters_too_many: invalidRequest('there are too many parameters'),
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
  token_of_another_client: {
    error: 'unauthorized_client',
    status: 400,
    description: 'the token is of another client',
  },
  grant_invalid: invalidGrant,
  grant_of_another_client: invalidGrant,
  grant_revoked: invalidGrant,
  grant_expired: invalidGrant,
  code_invalid: invalidGrant,
  code_expired: invalidGrant,
  code_replayed: invalidGrant,
  code_verifier_mismatch: invalidGrant,
  redirect_uri_mismatch: invalidGrant,
  dpop_key_mismatch: invalidGrant,
  refresh_token_invalid: invalidGrant,
  refresh_token_reused: invalidGrant,
  refresh_token_idle: invalidGrant,
  refresh_token_key_mismatch: invalidGrant,
  user_suspended: invalidGrant,
  redirect_uri_unregistered: invalidRequest('the redirect_uri is not one that the client registered'),
  response_type_unsupported: {
    error: 'unsupported_response_type',
    status: 400,
    description: 'the only response_type is code',
  },
  code_challenge_required: invalidRequest('a code_challenge of the method S256 is required (RFC 7636)'),
  request_not_pushed: invalidRequest('the client has to push its authorization requests (RFC 9126)'),
  request_object_unsupported: {
    error: 'request_not_supported',
    status: 400,
    description: 'request objects are not supported',
  },
  request_uri_invalid: {
    error: 'invalid_request_uri',
    status: 400,
    description: 'the request_uri is none of this server, was used, has expired or is of another client',
  },
  authorization_details_invalid: {
    error: 'invalid_authorization_details',
    status: 400,
    description: 'authorization_details is malformed, too large or of a type that the resource does not know',
  },
  registration_token_missing: registrationToken,
  registration_token_invalid: registrationToken,
  client_metadata_invalid: {
    error: 'invalid_client_metadata',
    status: 400,
    description: 'the client metadata are malformed or not supported',
  },
  client_redirect_uri_invalid: {
    error: 'invalid_redirect_uri',
    status: 400,
    description: 'a redirect_uri is not one that users may be sent to',
  },
  login_required: { error: 'login_required', status: 400, description: 'the user has to sign in' },
  consent_required: { error: 'consent_required', status: 400, description: 'the user has to agree' },
  consent_denied: { error: 'access_denied', status: 400, description: 'the user did not agree' },
  sign_in_throttled: deniedAccess('too many tries: wait a moment'),
  credentials_invalid: deniedAccess('the user did not sign in'),
  local_users_not_allowed: deniedAccess('users sign in at an identity provider here'),
  identity_provider_unknown: invalidRequest('there is no such identity provider'),
  identity_provider_unavailable: {
    error: 'temporarily_unavailable',
    status: 400,
    description: 'the identity provider cannot be reached at the moment: try again in a few minutes',
  },
  identity_provider_denied: deniedAccess('the identity provider did not sign the user in'),
  identity_provider_answer_invalid: deniedAccess('the answer of the identity provider is not acceptable'),
  federation_state_unknown: invalidRequest(
    'the sign-in was finished, is too old or was started elsewhere: start again',
  ),
  account_not_linked: deniedAccess('the account at the identity provider belongs to no user here'),
  authorization_pending: {
    error: 'authorization_pending',
    status: 400,
    description: 'the user has not answered yet',
  },
  device_polled_too_soon: { error: 'slow_down', status: 400, description: 'wait 5 seconds longer between requests' },
  device_denied: deniedAccess('the user did not agree'),
  device_answered: invalidRequest('the device has its answer already, or has waited too long: start again there'),
  device_code_expired: { error: 'expired_token', status: 400, description: 'the device code has expired: start again' },
  device_code_invalid: invalidGrant,
  device_code_of_another_client: invalidGrant,
  device_code_redeemed: invalidGrant,
  device_starts_throttled: {
    error: 'temporarily_unavailable',
    status: 400,
    description: 'too many device authorizations: wait a moment',
  },
  pushed_requests_throttled: {
    error: 'temporarily_unavailable',
    status: 429,
    description: 'too many pushed requests: wait a moment',
  },
  user_code_unknown: invalidRequest('no device waits under this code'),
  user_code_throttled: invalidRequest('too many codes that are none: wait a moment'),
  id_token_hint_invalid: invalidRequest('the id_token_hint is none of this server, or of another client'),
  post_logout_redirect_uri_unregistered: invalidRequest(
    'the post_logout_redirect_uri is not one that the client registered',
  ),
  openid_scope_missing: { error: 'insufficient_scope', status: 403, description: 'the scope openid is required' },
  user_inactive: { error: 'invalid_token', status: 401, description: 'the access token is not accepted' },
  interaction_invalid: invalidRequest('the page is too old or was shown to another browser: start again'),
} as const satisfies Record<string, OAuthRefusal>

export type OAuthReason = keyof typeof refusals

export function isOAuthReason(text: string): text is OAuthReason {
  return Object.hasOwn(refusals, text)
}

/** What a client is told when an OAuth endpoint refuses for this reason. */
export function oauthRefusalOf(reason: OAuthReason): OAuthRefusal {
  return refusals[reason]
}
