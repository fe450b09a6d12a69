import type { Command } from 'commander'
import { collect } from '../arguments.ts'
import { CliError } from '../cli-error.ts'
import { requireText } from '../read-text.ts'
import { isRecord, type Json } from '../record.ts'

/** What a client may do as an OAuth client, as options say it. */
export interface RegistrationOptions {
  readonly grantType?: readonly string[]
  readonly redirectUri?: readonly string[]
  readonly authMethod?: string
  readonly jwks?: string
  readonly tlsSubject?: string
  readonly certificateBound?: boolean
  readonly dpop?: boolean
  readonly requirePushed?: boolean
  readonly postLogoutRedirectUri?: readonly string[]
  readonly backchannelLogoutUri?: string
  readonly impliedConsent?: boolean
  readonly introspect?: readonly string[]
  readonly exchange?: readonly string[]
  readonly clientUri?: string
  readonly idTokenAlgorithm?: string
}

const methods = 'none, client_secret_basic, client_secret_post, private_key_jwt, tls_client_auth or self_signed_…'

export function withRegistration(command: Command): Command {
  return command
    .option('--grant-type <type>', 'makes it an OAuth client that may use this grant (repeatable)', collect)
    .option('--redirect-uri <uri>', 'where users may be sent back to, byte for byte (repeatable)', collect)
    .option('--auth-method <method>', `how it proves itself: ${methods}; client_secret_basic when absent`)
    .option('--jwks <file>', 'its public keys, a JWK Set')
    .option('--tls-subject <dn>', 'the subject of its certificate, for tls_client_auth')
    .option('--certificate-bound', 'its tokens are bound to its certificate')
    .option('--dpop', 'every token request must carry a DPoP proof')
    .option('--require-pushed', 'authorization requests must be pushed')
    .option('--post-logout-redirect-uri <uri>', 'where users may be sent after sign-out (repeatable)', collect)
    .option('--backchannel-logout-uri <uri>', 'where it is told of sign-outs')
    .option('--implied-consent', 'its users are not asked: an application of the house')
    .option('--introspect <api>', 'may introspect the tokens of this API (repeatable)', collect)
    .option('--exchange <api>', 'may exchange tokens for this API (repeatable)', collect)
    .option('--client-uri <uri>', 'where users read of it')
    .option('--id-token-algorithm <alg>', 'its ID tokens are signed with: ES256 or RS256; ES256 when absent')
}

/** The registration that the options describe; undefined when they describe none. */
export async function registrationOf(options: RegistrationOptions): Promise<Json | undefined> {
  const { grantType, redirectUri, authMethod, jwks, tlsSubject, introspect, exchange } = options
  const fields = {
    grant_types: grantType,
    redirect_uris: redirectUri,
    jwks: jwks && (await keySet(jwks)),
    tls_client_auth_subject_dn: tlsSubject,
    tls_client_certificate_bound_access_tokens: options.certificateBound,
    dpop_bound_access_tokens: options.dpop,
    require_pushed_authorization_requests: options.requirePushed,
    post_logout_redirect_uris: options.postLogoutRedirectUri,
    backchannel_logout_uri: options.backchannelLogoutUri,
    consent_implied: options.impliedConsent,
    introspectable_apis: introspect,
    exchangeable_apis: exchange,
    client_uri: options.clientUri,
    id_token_signed_response_alg: options.idTokenAlgorithm,
  }
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  if (authMethod === undefined && Object.keys(given).length === 0) return undefined
  return { token_endpoint_auth_method: authMethod ?? 'client_secret_basic', ...given }
}

async function keySet(path: string): Promise<Json> {
  try {
    const value: unknown = JSON.parse(await requireText(path))
    if (isRecord(value)) return value
  } catch (error) {
    if (error instanceof CliError) throw error
  }
  throw new CliError(`${path} is not a JWK Set`)
}
