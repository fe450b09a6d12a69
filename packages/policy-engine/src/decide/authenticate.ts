import { timingSafeEqual } from 'node:crypto'
import type { ApiKeyView } from '@gatehouse/contracts/read_model/v1/views'
import type { AccessToken } from '@gatehouse/token-verifier'
import type { AuthenticationReason } from '../reasons.ts'
import type { CredentialViews, PresentedCredential } from './facts.ts'
import { apiKeyPrincipal, type Principal, tokenPrincipal } from './principal.ts'

export type Authentication =
  | { readonly kind: 'not_applicable' }
  | { readonly kind: 'api_key'; readonly principal: Principal; readonly apiKey: ApiKeyView }
  | { readonly kind: 'access_token'; readonly principal: Principal; readonly token: AccessToken }
  | { readonly kind: 'denied'; readonly reason: AuthenticationReason }

const notApplicable: Authentication = { kind: 'not_applicable' }
const malformed: Authentication = { kind: 'denied', reason: 'credential_malformed' }
const ambiguous: Authentication = { kind: 'denied', reason: 'credential_ambiguous' }
const unknown: Authentication = { kind: 'denied', reason: 'credential_unknown' }
const mismatch: Authentication = { kind: 'denied', reason: 'credential_mismatch' }

/**
 * Proves that the caller holds the credential, in the environment it was issued for. Of a token that is proven already:
 * a signature tells it, not a view.
 */
export function authenticate(
  credential: PresentedCredential,
  environmentId: string,
  views: CredentialViews,
): Authentication {
  switch (credential.kind) {
    case 'none':
      return notApplicable
    case 'malformed':
      return malformed
    case 'ambiguous':
      return ambiguous
    case 'api_key':
      return authenticateApiKey(credential.digest, environmentId, views)
    case 'access_token': {
      const { token } = credential
      return { kind: 'access_token', principal: tokenPrincipal(token, views.subscription), token }
    }
    case 'refused_token':
      return { kind: 'denied', reason: credential.reason }
    default:
      return unknownKind(credential)
  }
}

const digestBytes = 32
const noDigest = new Uint8Array(digestBytes)

function authenticateApiKey(digest: Uint8Array, environmentId: string, views: CredentialViews): Authentication {
  const { apiKey, subscription } = views
  const stored = apiKey?.digest.length === digestBytes ? apiKey.digest : noDigest
  // Constant time, and done for unknown keys too: time tells neither the digest nor whether the key exists.
  const same = digest.length === digestBytes && timingSafeEqual(digest, stored)
  if (!apiKey) return unknown
  if (!same || stored === noDigest || apiKey.environmentId !== environmentId) return mismatch
  return { kind: 'api_key', principal: apiKeyPrincipal(apiKey, subscription), apiKey }
}

function unknownKind(_credential: never): Authentication {
  return malformed
}
