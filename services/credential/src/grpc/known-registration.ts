import type { ClientRegistration } from '@gatehouse/contracts/credential/v1/client_registration'

/** The registration without fields that this version does not know: they would go unchecked into an event. */
export function knownRegistration(given: ClientRegistration | undefined): ClientRegistration | undefined {
  return (
    given && {
      tokenEndpointAuthMethod: given.tokenEndpointAuthMethod,
      grantTypes: given.grantTypes,
      redirectUris: given.redirectUris,
      jwks: given.jwks,
      tlsClientAuthSubjectDn: given.tlsClientAuthSubjectDn,
      tlsClientCertificateBoundAccessTokens: given.tlsClientCertificateBoundAccessTokens,
      dpopBoundAccessTokens: given.dpopBoundAccessTokens,
      requirePushedAuthorizationRequests: given.requirePushedAuthorizationRequests,
      postLogoutRedirectUris: given.postLogoutRedirectUris,
      backchannelLogoutUri: given.backchannelLogoutUri,
      consentImplied: given.consentImplied,
      introspectableApis: given.introspectableApis,
      exchangeableApis: given.exchangeableApis,
      clientUri: given.clientUri,
      registrationTokenDigest: given.registrationTokenDigest,
      idTokenSignedResponseAlg: given.idTokenSignedResponseAlg,
    }
  )
}
