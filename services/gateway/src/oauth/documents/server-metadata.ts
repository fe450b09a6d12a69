import { audienceOf, type CompiledEnvironment, type CompiledTokens } from '@gatehouse/policy-engine'
import { signatureAlgorithms } from '@gatehouse/token-verifier'
import type { State } from '../../check/state.ts'
import type { OAuthRequest } from '../request.ts'
import { documentEndpoint } from './document.ts'
import {
  claims,
  clientAuthenticationMethods,
  grantTypes,
  idTokenSigningAlgorithms,
  ownScopes,
  ownSigningAlgorithms,
} from './supported.ts'

export interface MetadataOptions {
  readonly state: Pick<State, 'positions' | 'signingKeysOf'>
  readonly maxAgeSeconds: number
  /** Clients may prove themselves and bind tokens by a certificate. */
  readonly clientCertificates: boolean
}

/** RFC 8414 and OpenID Connect Discovery: one document under both names. */
export function serverMetadataEndpoint(options: MetadataOptions) {
  return documentEndpoint({
    ...{ name: 'metadata', maxAgeSeconds: options.maxAgeSeconds },
    stamp: ({ environment }) => `${environment.version}/${options.state.positions().policy}`,
    write: (request) => ({
      issuer: request.issuer.url,
      ...endpoints(request.issuer.url, options.clientCertificates),
      ...authorization(request),
      ...clientAuthentication(options.clientCertificates),
      ...openId,
    }),
  })
}

const paths = {
  token_endpoint: 'token',
  introspection_endpoint: 'introspect',
  revocation_endpoint: 'revoke',
  pushed_authorization_request_endpoint: 'par',
  device_authorization_endpoint: 'device_authorization',
  userinfo_endpoint: 'userinfo',
  registration_endpoint: 'register',
}

function endpoints(issuer: string, clientCertificates: boolean) {
  const urls = Object.entries(paths).map(([name, path]) => [name, `${issuer}/oauth2/v2/${path}`])
  return {
    authorization_endpoint: `${issuer}/oauth2/v2/authorize`,
    ...Object.fromEntries(urls),
    end_session_endpoint: `${issuer}/oauth2/v2/sign-out`,
    jwks_uri: `${issuer}/.well-known/jwks`,
    // RFC 8705 section 5: certificates are asked for, not demanded, at the same place.
    ...(clientCertificates && { mtls_endpoint_aliases: Object.fromEntries(urls) }),
  }
}

function authorization({ environment, issuer }: OAuthRequest) {
  const apis = tokensOf(environment)
  return {
    scopes_supported: unique([...ownScopes, ...apis.flatMap(({ tokens }) => [...tokens.scopes.keys()])]),
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'form_post'],
    grant_types_supported: grantTypes,
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    authorization_details_types_supported: unique(apis.flatMap(({ tokens }) => tokens.authorizationDetailTypes)),
    protected_resources: apis.map((api) => audienceOf(issuer, api, api.tokens)),
    require_pushed_authorization_requests: false,
    dpop_signing_alg_values_supported: signatureAlgorithms,
  }
}

function clientAuthentication(clientCertificates: boolean) {
  const methods = clientAuthenticationMethods(clientCertificates)
  return {
    token_endpoint_auth_methods_supported: [...methods, 'none'],
    token_endpoint_auth_signing_alg_values_supported: signatureAlgorithms,
    introspection_endpoint_auth_methods_supported: methods,
    introspection_endpoint_auth_signing_alg_values_supported: signatureAlgorithms,
    introspection_signing_alg_values_supported: ownSigningAlgorithms,
    revocation_endpoint_auth_methods_supported: [...methods, 'none'],
    revocation_endpoint_auth_signing_alg_values_supported: signatureAlgorithms,
    tls_client_certificate_bound_access_tokens: clientCertificates,
  }
}

const openId = {
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: idTokenSigningAlgorithms,
  prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
  claims_supported: claims,
  claims_parameter_supported: false,
  request_parameter_supported: false,
  request_uri_parameter_supported: false,
  backchannel_logout_supported: true,
  backchannel_logout_session_supported: true,
}

interface ApiWithTokens {
  readonly apiId: string
  readonly tokens: CompiledTokens
}

/** The APIs that tokens are issued for. */
export function tokensOf({ apis }: CompiledEnvironment): readonly ApiWithTokens[] {
  return [...apis.values()].flatMap((api) =>
    api.kind !== 'unusable' && api.tokens ? [{ apiId: api.apiId, tokens: api.tokens }] : [],
  )
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)].sort()
}
