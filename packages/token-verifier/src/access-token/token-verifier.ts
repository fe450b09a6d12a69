import type { VerificationKey } from '../jwk/verification-key.ts'
import { hasLowS } from '../jws/low-s.ts'
import { type Jws, type JwsHeader, type JwsRules, parseJws } from '../jws/parse-jws.ts'
import { verifyJws } from '../jws/verify-jws.ts'
import { type AccessToken, readAccessToken } from './access-token.ts'
import { clockSkewSeconds, type TokenFault } from './token-fault.ts'
import { TokenMemory } from './token-memory.ts'

export type Verification =
  | { readonly kind: 'verified'; readonly token: AccessToken }
  | { readonly kind: 'refused'; readonly fault: TokenFault }

/** Whose tokens are taken. */
export interface Expectation {
  /** `iss`, exact. */
  readonly issuer: string
  /** The issuer's key of an id, as long as it is accepted: the same object each time, so that a change shows. */
  readonly key: (kid: string) => VerificationKey | undefined
  /** `aud` must be one of these; undefined: whoever asks looks at it. */
  readonly audiences?: readonly string[]
  readonly nowMs: number
}

export interface TokenVerifier {
  /** Whether a text is an access token of the issuer, in force. What revokes it is another question: see the deny lists. */
  verify(text: string, expectation: Expectation): Verification
  /** The same where the text was verified before, without a signature check; undefined where it takes one. */
  recall(text: string, expectation: Expectation): Verification | undefined
  /** Budgeted bytes of the tokens that are remembered. */
  readonly bytes: number
}

/** Longest text that is looked at. Ours are below 1 kB; authorization_details may make them longer. */
export const tokenCharsMax = 8192

/** RFC 9068 section 2.1 and 4: `at+jwt`, so that no ID token and no assertion passes for an access token. */
const accessTokenRules: JwsRules = {
  charsMax: tokenCharsMax,
  algorithms: ['ES256', 'RS256'],
  types: ['at+jwt', 'application/at+jwt'],
  parameters: ['kid'],
}

interface Remembered {
  readonly verification: Verification & { readonly kind: 'verified' }
  readonly kid: string
  readonly key: VerificationKey
}

/**
 * Checks access tokens, and remembers those that are right by their exact text, so that a signature costs its 60 to
 * 110 µs once. A flood of tokens that are not right costs no memory, and without a known key no signature check.
 * @param bytesMax budget of the memory
 */
export function createTokenVerifier({ bytesMax = 32 << 20 }: { readonly bytesMax?: number } = {}): TokenVerifier {
  const memory = new TokenMemory<Remembered>(bytesMax)
  // One for each signing key; of none but those under which a signature was right.
  const headers = new Map<string, JwsHeader>()

  function verifyAnew(text: string, expectation: Expectation): Verification {
    const jws = parseJws(text, accessTokenRules, headers)
    if (typeof jws === 'string') return refused[`token_${jws}`]
    const { kid } = jws.header
    const key = kid === undefined ? undefined : expectation.key(kid)
    if (kid === undefined || !key) return refused.token_key_unknown
    const claims = isCanonical(jws) ? verifyJws(jws, key) : 'signature_invalid'
    if (typeof claims === 'string') return refused[`token_${claims}`]
    if (!headers.has(jws.encodedHeader)) keepHeader(headers, jws)
    const token = readAccessToken(claims, expectation.issuer, expectation.nowMs)
    if (typeof token === 'string') return refused[token]
    const verification = { kind: 'verified', token } as const
    memory.set(text, { verification, kid, key }, keptBytes(jws))
    return forAudience(verification, expectation.audiences)
  }

  function recall(text: string, expectation: Expectation): Verification | undefined {
    const known = memory.get(text)
    return known && holds(known, expectation) ? forAudience(known.verification, expectation.audiences) : undefined
  }

  return {
    recall,
    verify: (text, expectation) => recall(text, expectation) ?? verifyAnew(text, expectation),
    get bytes() {
      return memory.bytes
    },
  }
}

const headersMax = 64

function keepHeader(headers: Map<string, JwsHeader>, { encodedHeader, header }: Jws): void {
  if (headers.size >= headersMax) headers.clear()
  headers.set(Buffer.from(encodedHeader, 'latin1').toString('latin1'), header)
}

/** The key may have been taken away meanwhile, and the text come to another environment. */
function holds({ verification: { token }, kid, key }: Remembered, { issuer, key: keyOf, nowMs }: Expectation): boolean {
  return token.issuer === issuer && keyOf(kid) === key && nowMs < (token.expiresAt + clockSkewSeconds) * 1000
}

function forAudience(
  verification: Verification & { readonly kind: 'verified' },
  audiences: readonly string[] | undefined,
): Verification {
  return !audiences || audiences.includes(verification.token.audience) ? verification : refused.token_audience_wrong
}

/** Our issuer writes the lower s: the other one, which anybody can make of it, is no second spelling. */
function isCanonical({ header, signature }: Jws): boolean {
  return header.alg !== 'ES256' || hasLowS(signature)
}

/** Above what was measured: a token of 474 characters takes 750 bytes in all, nested authorization details more. */
function keptBytes({ encodedPayload }: Jws): number {
  return 200 + 3 * encodedPayload.length
}

const refusal = <Fault extends TokenFault>(fault: Fault) => Object.freeze({ kind: 'refused', fault } as const)

/** One frozen object for each: a refusal costs no allocation. */
const refused: { readonly [Fault in TokenFault]: Verification } = {
  token_malformed: refusal('token_malformed'),
  token_header_refused: refusal('token_header_refused'),
  token_algorithm_refused: refusal('token_algorithm_refused'),
  token_type_wrong: refusal('token_type_wrong'),
  token_key_unknown: refusal('token_key_unknown'),
  token_signature_invalid: refusal('token_signature_invalid'),
  token_issuer_wrong: refusal('token_issuer_wrong'),
  token_audience_wrong: refusal('token_audience_wrong'),
  token_claims_invalid: refusal('token_claims_invalid'),
  token_expired: refusal('token_expired'),
  token_not_yet_valid: refusal('token_not_yet_valid'),
}
