import {
  ClientAuthenticationMethod,
  type ClientRegistration,
} from '@gatehouse/contracts/credential/v1/client_registration'
import type { FieldViolation } from '@gatehouse/errors'
import { jwksFault } from './jwks.ts'
import { redirectUriFault, webUriFault } from './redirect-uri.ts'

const {
  CLIENT_AUTHENTICATION_METHOD_NONE: NONE,
  CLIENT_AUTHENTICATION_METHOD_PRIVATE_KEY_JWT: PRIVATE_KEY_JWT,
  CLIENT_AUTHENTICATION_METHOD_TLS_CLIENT_AUTH: TLS_CLIENT_AUTH,
  CLIENT_AUTHENTICATION_METHOD_SELF_SIGNED_TLS_CLIENT_AUTH: SELF_SIGNED,
} = ClientAuthenticationMethod
const methods = new Set<ClientAuthenticationMethod>([
  ...[NONE, PRIVATE_KEY_JWT, TLS_CLIENT_AUTH, SELF_SIGNED],
  ClientAuthenticationMethod.CLIENT_AUTHENTICATION_METHOD_CLIENT_SECRET_BASIC,
  ClientAuthenticationMethod.CLIENT_AUTHENTICATION_METHOD_CLIENT_SECRET_POST,
])

export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'
export const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'
export const grantTypes: readonly string[] = [
  ...['authorization_code', 'refresh_token', 'client_credentials'],
  ...[deviceGrant, exchangeGrant],
]
const urisMax = 50
const apisMax = 200
const apiId = /^[a-z][a-z0-9-]{0,63}$/
/** RFC 4514: `CN=shop,O=Acme`; commas within a value are escaped. */
const subjectDn = /^[A-Za-z0-9.-]+=([^\p{Cc},\\]|\\.)+(,[A-Za-z0-9.-]+=([^\p{Cc},\\]|\\.)+)*$/u
const subjectDnCharsMax = 1024

/** Empty: ES256. */
const idTokenAlgorithms: ReadonlySet<string> = new Set(['', 'ES256', 'RS256'])

/** What is wrong with a registration, each at its field: `redirect_uris[1]`. */
export function registrationViolations(registration: ClientRegistration): readonly FieldViolation[] {
  return [
    ...authenticationViolations(registration),
    ...grantViolations(registration),
    ...uriViolations(registration),
    ...apiViolations(registration),
  ]
}

function authenticationViolations(registration: ClientRegistration): FieldViolation[] {
  const { tokenEndpointAuthMethod: method, jwks, tlsClientAuthSubjectDn } = registration
  const found: FieldViolation[] = []
  const must = mustInto(found)
  must(methods.has(method), 'token_endpoint_auth_method', 'must be given')
  const keys = method === PRIVATE_KEY_JWT || method === SELF_SIGNED
  if (jwks) {
    const fault = jwksFault(jwks, method === SELF_SIGNED)
    if (fault) found.push({ field: 'jwks', description: fault })
  } else must(!keys, 'jwks', 'is required for this token_endpoint_auth_method')
  const dn = tlsClientAuthSubjectDn
  const dnSound = dn.length <= subjectDnCharsMax && subjectDn.test(dn)
  if (method === TLS_CLIENT_AUTH) must(dnSound, 'tls_client_auth_subject_dn', 'must be a subject: CN=shop,O=Acme')
  else must(dn === '', 'tls_client_auth_subject_dn', 'is for tls_client_auth alone')
  must(
    idTokenAlgorithms.has(registration.idTokenSignedResponseAlg),
    'id_token_signed_response_alg',
    'must be ES256 or RS256',
  )
  must(
    registration.registrationTokenDigest.length === 0,
    'registration_token_digest',
    'is made by dynamic registration alone',
  )
  return found
}

function grantViolations(registration: ClientRegistration): FieldViolation[] {
  const { grantTypes: grants, tokenEndpointAuthMethod: method } = registration
  const found: FieldViolation[] = []
  const must = mustInto(found)
  for (const [index, grant] of grants.entries()) {
    const field = `grant_types[${index}]`
    must(grantTypes.includes(grant), field, `must be one of ${grantTypes.join(', ')}`)
    must(grants.indexOf(grant) === index, field, 'is there twice')
    const proves = grant !== 'client_credentials' && grant !== exchangeGrant
    must(method !== NONE || proves, field, 'is not for a public client: it proves nothing of itself')
  }
  const user = grants.includes('authorization_code') || grants.includes(deviceGrant)
  const refresh = grants.indexOf('refresh_token')
  must(refresh < 0 || user, `grant_types[${refresh}]`, `needs authorization_code or ${deviceGrant} beside it`)
  const code = grants.includes('authorization_code')
  must(!code || registration.redirectUris.length > 0, 'redirect_uris', 'is required for authorization_code')
  return found
}

function uriViolations(registration: ClientRegistration): FieldViolation[] {
  const { redirectUris, postLogoutRedirectUris, backchannelLogoutUri, clientUri } = registration
  return [
    ...listViolations('redirect_uris', redirectUris, urisMax, redirectUriFault),
    ...listViolations('post_logout_redirect_uris', postLogoutRedirectUris, urisMax, redirectUriFault),
    ...(backchannelLogoutUri ? violation('backchannel_logout_uri', webUriFault(backchannelLogoutUri)) : []),
    ...(clientUri ? violation('client_uri', webUriFault(clientUri)) : []),
  ]
}

function apiViolations(registration: ClientRegistration): FieldViolation[] {
  const { introspectableApis, exchangeableApis, tokenEndpointAuthMethod: method } = registration
  const fault = (id: string) => {
    if (method === NONE) return 'is not for a public client'
    return apiId.test(id) ? undefined : 'must be an API id'
  }
  return [
    ...listViolations('introspectable_apis', introspectableApis, apisMax, fault),
    ...listViolations('exchangeable_apis', exchangeableApis, apisMax, fault),
  ]
}

function listViolations(
  field: string,
  values: readonly string[],
  countMax: number,
  fault: (value: string) => string | undefined,
): FieldViolation[] {
  if (values.length > countMax) return violation(field, `must have at most ${countMax} entries`)
  return values.flatMap((value, index) =>
    violation(`${field}[${index}]`, values.indexOf(value) < index ? 'is there twice' : fault(value)),
  )
}

function violation(field: string, description: string | undefined): FieldViolation[] {
  return description === undefined ? [] : [{ field, description }]
}

function mustInto(found: FieldViolation[]) {
  return (condition: boolean, field: string, description: string) => {
    if (!condition) found.push({ field, description })
  }
}
