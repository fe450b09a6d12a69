import { hash } from 'node:crypto'
import { canonicalPath, type TokenReason } from '@gatehouse/policy-engine'
import {
  type JsonObject,
  type Jws,
  type JwsRules,
  parseJws,
  readVerificationKey,
  signatureAlgorithms,
  thumbprint,
  unverifiedClaims,
  verifyJws,
} from '@gatehouse/token-verifier'
import type { Exchange, HeaderValue } from '../../http1/exchange.ts'
import type { Nonces } from '../../proofs/nonces.ts'
import type { ProofMemory } from '../../proofs/proof-memory.ts'

/** The request that a proof must be of, read before anything is waited for. */
export interface ProofRequest {
  /** Value of the `DPoP` header. */
  readonly proof: HeaderValue
  readonly method: string
  /** Scheme and authority as clients see them: `https://api.example`. */
  readonly origin: string
  /** Canonical; undefined when it has no canonical form. */
  readonly path: string | undefined
}

export type ProofFault = Extract<TokenReason, `proof_${string}`>

/** @property thumbprint RFC 7638, of the key that signed the proof */
export type ProofResult = { readonly thumbprint: string } | { readonly fault: ProofFault }

export interface ProofDemands {
  /** What `ath` must be of: the access token as it was presented; undefined at the token endpoint. */
  readonly accessToken?: string
  /** The key that must have signed: of another one the proof is not even remembered. */
  readonly thumbprint?: string
  readonly nowMs: number
}

export interface ProofChecker {
  /** Rejects with ProofMemoryUnavailable when it cannot be known whether the proof is new. */
  check(request: ProofRequest, demands: ProofDemands): Promise<ProofResult>
  /** For the `DPoP-Nonce` header. */
  nonce(nowMs: number): string | Promise<string>
}

const proofRules: JwsRules = {
  charsMax: 4096,
  algorithms: signatureAlgorithms,
  types: ['dpop+jwt'],
  parameters: ['jwk'],
}

/** A client's clock may be wrong by so much: the nonce, not the time, says that a proof is fresh. */
const clockSkewMs = 300_000
const jtiCharsMax = 256

/** @param scheme as the issuer of the environment has it: a proxy in front may end TLS */
export function proofRequestOf(exchange: Exchange, scheme: string): ProofRequest {
  const path = canonicalPath(exchange.target)
  return {
    proof: exchange.header('dpop'),
    method: exchange.method,
    origin: originOf(`${scheme}//${exchange.host}`) ?? '',
    path: typeof path === 'string' ? path : undefined,
  }
}

/** Checks proofs of possession as RFC 9449 section 4.3 asks. The nonce is required; a proof is good once. */
export function createProofChecker(memory: ProofMemory, nonces: Nonces): ProofChecker {
  return {
    nonce: nonces.issue,
    async check(request, demands) {
      if (request.proof === undefined) return { fault: 'proof_missing' }
      const proof = readProof(request, demands)
      if (!proof) return invalid
      const { jws, jti, nonce } = proof
      if (nonce === undefined || !(await nonces.accepts(nonce, demands.nowMs))) return { fault: 'proof_nonce_required' }
      const signedBy = signer(jws)
      if (!signedBy || (demands.thumbprint ?? signedBy) !== signedBy) return invalid
      const isNew = await memory.firstUse(hash('sha256', `${signedBy} ${jti}`, 'base64url'))
      return isNew ? { thumbprint: signedBy } : { fault: 'proof_replayed' }
    },
  }
}

const invalid: ProofResult = { fault: 'proof_invalid' }

interface Proof {
  readonly jws: Jws
  readonly jti: string
  readonly nonce: string | undefined
}

/** A proof of this request, by whomever it is signed; undefined when it is none. */
function readProof(request: ProofRequest, demands: ProofDemands): Proof | undefined {
  const jws = typeof request.proof === 'string' ? parseJws(request.proof, proofRules) : 'malformed'
  const claims = typeof jws === 'string' ? undefined : unverifiedClaims(jws)
  if (typeof jws === 'string' || !claims || !isOfRequest(claims, request, demands)) return undefined
  const { jti, nonce } = claims
  if (typeof jti !== 'string' || jti === '' || jti.length > jtiCharsMax) return undefined
  return nonce === undefined || typeof nonce === 'string' ? { jws, jti, nonce } : undefined
}

function isOfRequest({ htm, htu, iat, ath }: JsonObject, request: ProofRequest, demands: ProofDemands): boolean {
  if (htm !== request.method || typeof htu !== 'string' || !isSameTarget(htu, request)) return false
  if (typeof iat !== 'number' || !(Math.abs(demands.nowMs - iat * 1000) <= clockSkewMs)) return false
  return demands.accessToken === undefined || ath === hash('sha256', demands.accessToken, 'base64url')
}

/** RFC 9449 section 4.3: without query and fragment, both sides normalised (RFC 3986 section 6.2). */
function isSameTarget(htu: string, { origin, path }: ProofRequest): boolean {
  if (path === undefined || htu.length > 4096 || originOf(htu) !== origin) return false
  const said = canonicalPath(new URL(htu).pathname)
  return said === path
}

function originOf(url: string): string | undefined {
  const parsed = URL.parse(url)
  if (!parsed || parsed.username || parsed.password) return undefined
  return parsed.origin
}

function signer(jws: Jws): string | undefined {
  const { jwk, alg } = jws.header
  const key = jwk && readVerificationKey(jwk, alg)
  return key && typeof verifyJws(jws, key) === 'object' ? thumbprint(jwk) : undefined
}
