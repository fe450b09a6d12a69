import type { Client } from '@gatehouse/contracts/credential/v1/client'
import { authenticationMethods } from './metadata.ts'

export interface NewSecrets {
  /** Shown when it is made, and never again: only its digest is kept. */
  readonly clientSecret?: string | undefined
  readonly registrationAccessToken: string
}

/** The client information response (RFC 7591 section 3.2.1, RFC 7592 section 3). */
export function clientInformation(client: Client, endpoint: string, secrets: NewSecrets): string {
  const { registration, clientId } = client
  if (!registration) throw new Error(`client ${clientId} has no registration`)
  const { clientSecret, registrationAccessToken } = secrets
  const [method] = [...authenticationMethods].find(([, value]) => value === registration.tokenEndpointAuthMethod) ?? []
  return JSON.stringify({
    client_id: clientId,
    client_id_issued_at: Math.floor((client.createTime?.getTime() ?? 0) / 1000),
    ...(clientSecret && { client_secret: clientSecret, client_secret_expires_at: 0 }),
    registration_access_token: registrationAccessToken,
    registration_client_uri: `${endpoint}/${clientId}`,
    token_endpoint_auth_method: method,
    grant_types: registration.grantTypes,
    response_types: registration.grantTypes.includes('authorization_code') ? ['code'] : [],
    redirect_uris: registration.redirectUris,
    ...given('client_name', client.displayName),
    ...given('client_uri', registration.clientUri),
    ...(registration.jwks && { jwks: JSON.parse(registration.jwks) }),
    ...given('tls_client_auth_subject_dn', registration.tlsClientAuthSubjectDn),
    tls_client_certificate_bound_access_tokens: registration.tlsClientCertificateBoundAccessTokens,
    dpop_bound_access_tokens: registration.dpopBoundAccessTokens,
    require_pushed_authorization_requests: registration.requirePushedAuthorizationRequests,
    ...given('post_logout_redirect_uris', registration.postLogoutRedirectUris),
    ...given('backchannel_logout_uri', registration.backchannelLogoutUri),
    id_token_signed_response_alg: registration.idTokenSignedResponseAlg || 'ES256',
  })
}

function given(name: string, value: string | readonly string[]): object {
  return value.length > 0 ? { [name]: value } : {}
}
