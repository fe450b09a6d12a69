import { parseJws, verifyJws } from '@gatehouse/token-verifier'
import { Refused } from '../refused.ts'
import type { TokenParts } from '../token-parts.ts'
import type { Place } from './token-request.ts'

/** Whom an ID token that a client sends back is about. */
export interface IdTokenHint {
  readonly clientId: string
  readonly userId: string
  /** Empty: of no session. */
  readonly sessionId: string
}

const rules = { charsMax: 8192, algorithms: ['ES256', 'RS256'], types: ['JWT'], parameters: ['kid'] } as const

/**
 * Reads an ID token of ours, also one that has expired (OpenID Connect core section 3.1.2.1, RP-Initiated Logout section
 * 2). An access token has another `typ`.
 * @throws Refused `id_token_hint_invalid`
 */
export function readIdTokenHint(
  { verificationKey }: Pick<TokenParts, 'verificationKey'>,
  { environment, issuer }: Place,
  text: string,
): IdTokenHint {
  const jws = parseJws(text, rules)
  const key = typeof jws === 'object' ? verificationKey(environment.environmentId, jws.header.kid ?? '') : undefined
  const claims = typeof jws === 'object' && key ? verifyJws(jws, key) : undefined
  if (typeof claims !== 'object') throw new Refused('id_token_hint_invalid')
  const { iss, aud, sub, sid } = claims
  if (iss !== issuer.url || typeof aud !== 'string' || typeof sub !== 'string') {
    throw new Refused('id_token_hint_invalid')
  }
  return { clientId: aud, userId: sub, sessionId: typeof sid === 'string' ? sid : '' }
}
