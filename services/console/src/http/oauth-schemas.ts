import { ClientAuthenticationMethod } from '@gatehouse/contracts/credential/v1/client_registration'
import { ClientSecretState } from '@gatehouse/contracts/credential/v1/client_secret'
import { InitialAccessTokenState } from '@gatehouse/contracts/credential/v1/initial_access_token'
import { SigningAlgorithm, TokenForm } from '@gatehouse/contracts/policy/v1/token_settings'
import { GrantRevocationReason, GrantState, UserState } from '@gatehouse/contracts/token/v1/grant'
import { SigningKeyState } from '@gatehouse/contracts/token/v1/signing_key'
import { enumNames } from './json.ts'
import { body, count, duration, flag, number, text, texts, time } from './schema-basics.ts'

const uriCharsMax = 2048

/** What makes an environment an authorization server. */
export const issuer = body(
  {
    url: text(uriCharsMax),
    refresh_lifetime: duration,
    refresh_idle: duration,
    session_lifetime: duration,
    key_rotation: duration,
    identity_providers: {
      type: 'array',
      maxItems: 10,
      items: body(
        {
          provider_id: text(32),
          display_name: text(),
          issuer: text(uriCharsMax),
          client_id: text(),
          client_secret_ref: text(128),
          scopes: texts(50),
          create_users: flag,
        },
        ['provider_id', 'issuer', 'client_id'],
      ),
    },
    local_users: flag,
  },
  ['url'],
)

export const algorithm = { enum: enumNames(SigningAlgorithm) }

/** How tokens for an API are made. */
export const tokens = body({
  resource: text(uriCharsMax),
  form: { enum: enumNames(TokenForm) },
  lifetime: duration,
  algorithm,
  scopes: { type: 'array', maxItems: 500, items: body({ name: text(128), description: text() }, ['name']) },
  authorization_detail_types: texts(50),
  sender_constrained: flag,
})

/** What a client may do as an OAuth client. */
export const registration = body(
  {
    token_endpoint_auth_method: { enum: enumNames(ClientAuthenticationMethod) },
    grant_types: texts(10),
    redirect_uris: texts(50, uriCharsMax),
    jwks: { description: 'JWK Set of public keys (RFC 7517).', type: 'object', additionalProperties: true },
    tls_client_auth_subject_dn: text(1024),
    tls_client_certificate_bound_access_tokens: flag,
    dpop_bound_access_tokens: flag,
    require_pushed_authorization_requests: flag,
    post_logout_redirect_uris: texts(50, uriCharsMax),
    backchannel_logout_uri: text(uriCharsMax),
    consent_implied: flag,
    introspectable_apis: texts(200),
    exchangeable_apis: texts(200),
    client_uri: text(uriCharsMax),
    id_token_signed_response_alg: { enum: ['', 'ES256', 'RS256'] },
  },
  ['token_endpoint_auth_method'],
)

/** What OpenID Connect tells clients of a user. */
export const claims = body({
  name: text(),
  given_name: text(),
  family_name: text(),
  email: text(),
  email_verified: flag,
  locale: text(64),
})

/** What the API shows of OAuth. */
export const oauthResources = {
  ClientSecret: {
    client_secret_id: text(),
    environment_id: text(),
    client_id: text(),
    display_name: text(),
    state: { enum: enumNames(ClientSecretState) },
    create_time: time,
    expire_time: time,
    revoke_time: time,
    version: number,
  },
  InitialAccessToken: {
    initial_access_token_id: text(),
    environment_id: text(),
    display_name: text(),
    state: { enum: enumNames(InitialAccessTokenState) },
    create_time: time,
    expire_time: time,
    revoke_time: time,
    clients_max: number,
    client_count: number,
    version: number,
  },
  User: {
    user_id: text(),
    environment_id: text(),
    username: text(),
    claims,
    state: { enum: enumNames(UserState) },
    create_time: time,
    has_password: flag,
    links: {
      type: 'array',
      items: { type: 'object', properties: { provider_id: text(), provider_subject: text() } },
    },
    version: number,
  },
  Grant: {
    grant_id: text(),
    environment_id: text(),
    client_id: text(),
    user_id: text(),
    api_id: text(),
    subscription_id: text(),
    scopes: texts(),
    authorization_details: { type: 'array', items: { type: 'object', additionalProperties: true } },
    session_id: text(),
    auth_time: time,
    start_time: time,
    expire_time: time,
    idle_seconds: count,
    state: { enum: enumNames(GrantState) },
    last_refresh_time: time,
    revocation_reason: { enum: enumNames(GrantRevocationReason) },
    version: number,
  },
  SigningKey: {
    key_id: text(),
    environment_id: text(),
    algorithm,
    state: { enum: enumNames(SigningKeyState) },
    public_jwk: { type: 'object', additionalProperties: true },
    publish_time: time,
    activate_time: time,
    retire_time: time,
    remove_time: time,
    version: number,
  },
} as const
