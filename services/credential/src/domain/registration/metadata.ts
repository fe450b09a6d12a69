import { ClientAuthenticationMethod, ClientRegistration } from '@gatehouse/contracts/credential/v1/client_registration'
import type { FieldViolation } from '@gatehouse/errors'
import { registrationViolations } from './validate.ts'

/** Client metadata (RFC 7591 section 2) as a client sent them. */
export interface ReadMetadata {
  readonly registration: ClientRegistration
  readonly clientName: string
  /** Where the client repeats what it is known by (RFC 7592 section 2.2). */
  readonly clientId: string | undefined
  readonly clientSecret: string | undefined
}

/** Names of RFC 7591 section 2 and RFC 8705 section 2.1.2, whose values are one text each. */
export const authenticationMethods = new Map<string, ClientAuthenticationMethod>([
  ['none', ClientAuthenticationMethod.CLIENT_AUTHENTICATION_METHOD_NONE],
  ['client_secret_basic', ClientAuthenticationMethod.CLIENT_AUTHENTICATION_METHOD_CLIENT_SECRET_BASIC],
  ['client_secret_post', ClientAuthenticationMethod.CLIENT_AUTHENTICATION_METHOD_CLIENT_SECRET_POST],
  ['private_key_jwt', ClientAuthenticationMethod.CLIENT_AUTHENTICATION_METHOD_PRIVATE_KEY_JWT],
  ['tls_client_auth', ClientAuthenticationMethod.CLIENT_AUTHENTICATION_METHOD_TLS_CLIENT_AUTH],
  ['self_signed_tls_client_auth', ClientAuthenticationMethod.CLIENT_AUTHENTICATION_METHOD_SELF_SIGNED_TLS_CLIENT_AUTH],
])

export const metadataBytesMax = 64 * 1024

/** What would be lost in silence: keys at a URL, other names of a certificate, what RFC 7592 section 2.2 forbids. */
const refusedNames = [
  ...['jwks_uri', 'tls_client_auth_san_dns', 'tls_client_auth_san_uri', 'tls_client_auth_san_ip'],
  ...['tls_client_auth_san_email', 'registration_access_token', 'registration_client_uri'],
  ...['client_secret_expires_at', 'client_id_issued_at'],
]
/** Users are shown it at consent: nothing of category C, which hides text or turns its direction around. */
const clientName = /^[^\p{C}\p{Zl}\p{Zp}]{0,200}$/u

/**
 * Reads client metadata. Names that are not known are passed over (RFC 7591 section 2). What only an operator grants
 * (implied consent, introspection, exchange) cannot be asked for.
 * @returns what is wrong, where anything is
 */
export function readMetadata(bytes: Uint8Array): ReadMetadata | readonly FieldViolation[] {
  const object = parse(bytes)
  if (!object) return [{ field: 'client_metadata', description: 'must be a JSON object in UTF-8 of at most 64 KiB' }]
  const { texts, text, flag, faults } = reader(object)
  for (const name of refusedNames) {
    if (object[name] !== undefined) faults.push({ field: name, description: 'is not supported' })
  }
  const method = text('token_endpoint_auth_method') ?? 'client_secret_basic'
  const grantTypes = texts('grant_types') ?? ['authorization_code']
  const registration: ClientRegistration = {
    ...ClientRegistration.create(),
    tokenEndpointAuthMethod:
      authenticationMethods.get(method) ?? ClientAuthenticationMethod.CLIENT_AUTHENTICATION_METHOD_UNSPECIFIED,
    grantTypes,
    redirectUris: texts('redirect_uris') ?? [],
    jwks: object['jwks'] === undefined ? '' : JSON.stringify(object['jwks']),
    tlsClientAuthSubjectDn: text('tls_client_auth_subject_dn') ?? '',
    tlsClientCertificateBoundAccessTokens: flag('tls_client_certificate_bound_access_tokens'),
    dpopBoundAccessTokens: flag('dpop_bound_access_tokens'),
    requirePushedAuthorizationRequests: flag('require_pushed_authorization_requests'),
    postLogoutRedirectUris: texts('post_logout_redirect_uris') ?? [],
    backchannelLogoutUri: text('backchannel_logout_uri') ?? '',
    clientUri: text('client_uri') ?? '',
    idTokenSignedResponseAlg: text('id_token_signed_response_alg') ?? '',
  }
  const name = text('client_name') ?? ''
  if (!clientName.test(name))
    faults.push({ field: 'client_name', description: 'must have at most 200 printable characters' })
  faults.push(...responseTypeFaults(texts('response_types'), grantTypes))
  if (faults.length === 0) faults.push(...registrationViolations(registration))
  if (faults.length > 0) return faults
  return { registration, clientName: name, clientId: text('client_id'), clientSecret: text('client_secret') }
}

function parse(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  if (bytes.length > metadataBytesMax) return undefined
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {}
  return undefined
}

function reader(object: Readonly<Record<string, unknown>>) {
  const faults: FieldViolation[] = []
  function read<Value>(name: string, isValue: (value: unknown) => value is Value, what: string): Value | undefined {
    const value = object[name]
    if (value === undefined || isValue(value)) return value
    faults.push({ field: name, description: `must be ${what}` })
    return undefined
  }
  return {
    faults,
    text: (name: string) => read(name, (value) => typeof value === 'string', 'a text'),
    texts: (name: string) => read(name, isTexts, 'a list of texts'),
    flag: (name: string) => read(name, (value) => typeof value === 'boolean', 'true or false') ?? false,
  }
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string')
}

/** RFC 7591 section 2.1: `code` goes with `authorization_code`, and there is no other. */
function responseTypeFaults(types: readonly string[] | undefined, grantTypes: readonly string[]): FieldViolation[] {
  const expected = grantTypes.includes('authorization_code') ? ['code'] : []
  if (!types || (types.length === expected.length && types.every((type) => type === 'code'))) return []
  return [{ field: 'response_types', description: `must be [${expected}] with these grant_types` }]
}
