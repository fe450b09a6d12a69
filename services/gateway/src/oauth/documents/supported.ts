/** What the authorization server can do, as its metadata tells. */

export const grantTypes = [
  'authorization_code',
  'client_credentials',
  'refresh_token',
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:token-exchange',
]

/** Of ID tokens: a client registers which (OpenID Connect Discovery wants RS256 among them). */
export const idTokenSigningAlgorithms = ['ES256', 'RS256']

/** Of signed introspection. */
export const ownSigningAlgorithms = ['ES256']

const authenticationMethods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt']

/** RFC 8705, where certificates of clients are asked for. */
const certificateMethods = ['tls_client_auth', 'self_signed_tls_client_auth']

export function clientAuthenticationMethods(clientCertificates: boolean): string[] {
  return clientCertificates ? [...authenticationMethods, ...certificateMethods] : authenticationMethods
}

/** OpenID Connect Core section 5.4. */
export const ownScopes = ['openid', 'profile', 'email', 'offline_access']

/** Of ID tokens and userinfo (OpenID Connect Core sections 2 and 5.1). */
export const claims = [
  ...['iss', 'sub', 'aud', 'iat', 'exp', 'auth_time', 'nonce', 'at_hash', 'sid'],
  ...['name', 'given_name', 'family_name', 'preferred_username', 'locale', 'email', 'email_verified'],
]
