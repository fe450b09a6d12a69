import type { AccessTokens, ReadToken } from '@gatehouse/decision-state'
import type { CompiledIssuer, CompiledTokens, Matched, TokenReason } from '@gatehouse/policy-engine'
import { certificateThumbprint } from '@gatehouse/token-verifier'
import type { Exchange } from '../../http1/exchange.ts'
import { type ProofChecker, type ProofRequest, proofRequestOf } from './dpop.ts'
import type { Presented } from './presented.ts'

export interface AccessTokenParts {
  readonly accessTokens: AccessTokens
  readonly proofs: ProofChecker
}

/** What stands in `Authorization`, and what else of the request its binding may need. */
export interface BearerFacts {
  readonly text: string
  /** With the scheme `DPoP` alone. */
  readonly proof: ProofRequest | undefined
  readonly certificate: Exchange['clientCertificate']
  readonly nowMs: number
}

/** The access token of a request; undefined where there is none. A malformed one is one, and will be refused. */
export function readBearer(
  exchange: Exchange,
  authorization: string,
  issuer: CompiledIssuer,
  nowMs: number,
): BearerFacts | undefined {
  const scheme = schemeOf(authorization)
  if (!scheme) return undefined
  const text = behindSpaces(authorization, scheme.length)
  const proof = scheme === 'dpop' ? proofRequestOf(exchange, issuer.url.slice(0, issuer.url.indexOf('/'))) : undefined
  return { text, proof, certificate: exchange.clientCertificate, nowMs }
}

/** `Bearer` (RFC 6750 section 2.1) or `DPoP` (RFC 9449 section 7.1), in any case. No regex: tokens are long. */
function schemeOf(authorization: string): 'bearer' | 'dpop' | undefined {
  const space = authorization.indexOf(' ')
  const scheme = (space < 0 ? authorization : authorization.slice(0, space)).toLowerCase()
  return scheme === 'bearer' || scheme === 'dpop' ? scheme : undefined
}

function behindSpaces(authorization: string, from: number): string {
  let at = from
  while (authorization.charCodeAt(at) === 0x20) at++
  return authorization.slice(at)
}

/** Verifies a token, and that its sender holds the key it is bound to. */
export function presentAccessToken(
  parts: AccessTokenParts,
  { environment }: Pick<Matched, 'environment'>,
  issuer: CompiledIssuer,
  { form }: Pick<CompiledTokens, 'form'>,
  facts: BearerFacts,
): Presented | Promise<Presented> {
  const { environmentId } = environment
  const place = { environmentId, issuer: issuer.url, form, nowMs: facts.nowMs }
  const read = parts.accessTokens.read(facts.text, place)
  const present = (token: ReadToken) => presentRead(parts, environmentId, facts, token)
  return read instanceof Promise ? read.then(present) : present(read)
}

function presentRead(
  { proofs }: AccessTokenParts,
  environmentId: string,
  { text, proof, certificate, nowMs }: BearerFacts,
  read: ReadToken,
): Presented | Promise<Presented> {
  if (read.kind === 'refused') return refuse(read.reason)
  const { token, jwt } = read
  const accepted: Presented = {
    credential: { kind: 'access_token', token },
    lookup: { by: 'token', environmentId, token },
    authorization: jwt && `Bearer ${jwt}`,
  }
  const { confirmation } = token
  if (confirmation?.method !== 'dpop') {
    // A proof for a token that is bound to no key proves nothing: whoever sends it means another token.
    if (proof) return refuse('proof_invalid')
    return confirmation && !isOf(certificate, confirmation.thumbprint) ? refuse('certificate_mismatch') : accepted
  }
  if (!proof) return refuse('proof_missing')
  const { thumbprint } = confirmation
  return proofs
    .check(proof, { accessToken: text, thumbprint, nowMs })
    .then((result) => ('fault' in result ? refuse(result.fault) : accepted))
}

/** RFC 8705 section 3: the certificate of this very connection; who signed it does not matter. */
function isOf(certificate: BearerFacts['certificate'], thumbprint: string): boolean {
  return certificate !== undefined && certificateThumbprint(certificate.raw) === thumbprint
}

function refuse(reason: TokenReason): Presented {
  return { credential: { kind: 'refused_token', reason }, lookup: undefined, authorization: undefined }
}
