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
