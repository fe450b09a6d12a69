import { TokenForm } from '@gatehouse/contracts/policy/v1/token_settings'
import { parseSecret } from '@gatehouse/credential-format'
import { type AccessToken, joinSplit, openPhantom, referenceTokenId } from '@gatehouse/token-verifier'
import type { Place } from '../issue/token-request.ts'
import { readReferenceToken } from '../read/reference-tokens.ts'
import type { TokenParts } from '../token-parts.ts'

/** A token that was issued here, in force or not; times and signature are right. */
export type KnownToken =
  | { readonly kind: 'access'; readonly token: AccessToken }
  | {
      readonly kind: 'refresh'
      readonly grantId: string
      readonly generation: number
      readonly clientId: string
      readonly userId: string
      readonly scopes: readonly string[]
      readonly expiresAt: Date
    }

const signatureText = /^[A-Za-z0-9_-]{86,342}$/

/** What a text is, whatever its holder says it is; undefined when it is no token of this environment. */
export async function readToken(parts: TokenParts, place: Place, text: string): Promise<KnownToken | undefined> {
  if (parseSecret('refresh_token', text).kind === 'own') return readRefreshToken(parts, place, text)
  const jwt = text.includes('.') ? text : await resolve(parts, place, text)
  if (jwt === undefined) return undefined
  const { environmentId } = place.environment
  const { url: issuer } = place.issuer
  const key = (keyId: string) => parts.verificationKey(environmentId, keyId)
  const verification = parts.verifier.verify(jwt, { issuer, key, nowMs: place.nowMs })
  return verification.kind === 'verified' ? { kind: 'access', token: verification.token } : undefined
}

/** The JWT behind a phantom or split token. */
async function resolve(
  { store }: TokenParts,
  { environment: { environmentId } }: Place,
  text: string,
): Promise<string | undefined> {
  const phantom = parseSecret('phantom_token', text).kind === 'own'
  if (!phantom && !signatureText.test(text)) return undefined
  const found = await readReferenceToken(store.pool, environmentId, referenceTokenId(text))
  if (!found) return undefined
  return found.form === TokenForm.TOKEN_FORM_PHANTOM ? openPhantom(text, found.content) : joinSplit(text, found.content)
}

async function readRefreshToken(
  { handles, grants }: TokenParts,
  { environment, nowMs }: Place,
  text: string,
): Promise<KnownToken | undefined> {
  const handle = handles.open('refresh_token', text)
  const found = handle && (await grants.byId(handle.id))
  if (!handle || !found?.grant || handle.environmentId !== environment.environmentId) return undefined
  const { grantId, clientId, userId, scopes, expireTime, idleSeconds } = found.grant
  const idleEnd = (found.lastRefreshTime?.getTime() ?? 0) + Number(idleSeconds) * 1000
  const expiresAt = new Date(Math.min(expireTime?.getTime() ?? 0, idleEnd))
  if (expiresAt.getTime() <= nowMs) return undefined
  return { kind: 'refresh', grantId, generation: handle.number, clientId, userId, scopes, expiresAt }
}
