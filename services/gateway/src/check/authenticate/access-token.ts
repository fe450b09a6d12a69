import type { FindVerificationKey } from '@gatehouse/decision-state'
import type { CompiledIssuer, CompiledTokens, Matched, TokenReason } from '@gatehouse/policy-engine'
import { type AccessToken, certificateThumbprint, type TokenVerifier } from '@gatehouse/token-verifier'
import type { Exchange } from '../../http1/exchange.ts'
import { type ProofChecker, type ProofRequest, proofRequestOf } from './dpop.ts'
import type { Presented } from './presented.ts'
import type { ReferenceTokens } from './reference-tokens.ts'

export interface AccessTokenParts {
  readonly verifier: TokenVerifier
  readonly verificationKey: FindVerificationKey
  readonly references: ReferenceTokens
  readonly proofs: ProofChecker
}

/** What stands in `Authorization`, and what else of the request its binding may need. */
export interface BearerFacts {
  readonly scheme: 'bearer' | 'dpop'
  readonly text: string
  readonly proof: ProofRequest
  readonly certificate: Exchange['clientCertificate']
  readonly nowMs: number
}

/** `Authorization: Bearer …` (RFC 6750 section 2.1) or `DPoP …` (RFC 9449 section 7.1). */
const tokenScheme = /^(bearer|dpop)(?: +(.*))?$/i

/** The access token of a request; undefined where there is none. */
export function readBearer(
  exchange: Exchange,
  authorization: string,
  issuer: CompiledIssuer,
  nowMs: number,
): BearerFacts | undefined {
  const [, scheme, text = ''] = tokenScheme.exec(authorization) ?? []
  if (!scheme) return undefined
  const proof = proofRequestOf(exchange, issuer.url.slice(0, issuer.url.indexOf('/')))
  const { clientCertificate: certificate } = exchange
  return { scheme: scheme.toLowerCase() === 'dpop' ? 'dpop' : 'bearer', text, proof, certificate, nowMs }
}

/**
 * Verifies a token of an API and that its sender holds the key it is bound to. What an upstream was shown in the place
 * of an opaque token opens nothing outside: there the client's own text is asked for.
 */
export function presentAccessToken(
  parts: AccessTokenParts,
  { environment }: Pick<Matched, 'environment'>,
  issuer: CompiledIssuer,
  tokens: Pick<CompiledTokens, 'form'>,
  facts: BearerFacts,
): Presented | Promise<Presented> {
  const { environmentId } = environment
  const verified = (jwt: string | undefined, forwarded: string | undefined): Presented | Promise<Presented> => {
    if (jwt === undefined) return refuse('token_unknown')
    const key = (kid: string) => parts.verificationKey(environmentId, kid)
    const verification = parts.verifier.verify(jwt, { issuer: issuer.url, key, nowMs: facts.nowMs })
    if (verification.kind === 'refused') return refuse(verification.fault)
    return proven(parts, environmentId, verification.token, facts, forwarded)
  }
  if (facts.text.includes('.')) return tokens.form === 'jwt' ? verified(facts.text, undefined) : wrongForm
  const found = parts.references.find(environmentId, facts.text)
  const forward = (jwt: string | undefined) => verified(jwt, jwt && `Bearer ${jwt}`)
  return found instanceof Promise ? found.then(forward) : forward(found)
}

function proven(
  { proofs }: AccessTokenParts,
  environmentId: string,
  token: AccessToken,
  facts: BearerFacts,
  authorization: string | undefined,
): Presented | Promise<Presented> {
  const accepted: Presented = {
    credential: { kind: 'access_token', token },
    lookup: { by: 'token', environmentId, token },
    authorization,
  }
  const { confirmation } = token
  if (confirmation?.method !== 'dpop') {
    // A proof for a token that is bound to no key proves nothing: whoever sends it means another token.
    if (facts.scheme === 'dpop') return refuse('proof_invalid')
    return confirmation && !isOfCertificate(confirmation.thumbprint, facts) ? refuse('certificate_mismatch') : accepted
  }
  if (facts.scheme !== 'dpop') return refuse('proof_missing')
  const { thumbprint } = confirmation
  return proofs
    .check(facts.proof, { accessToken: facts.text, thumbprint, nowMs: facts.nowMs })
    .then((result) => ('fault' in result ? refuse(result.fault) : accepted))
}

/** RFC 8705 section 3: the certificate of this very connection; who signed it does not matter. */
function isOfCertificate(thumbprint: string, { certificate }: BearerFacts): boolean {
  return certificate !== undefined && certificateThumbprint(certificate.raw) === thumbprint
}

function refuse(reason: TokenReason): Presented {
  return { credential: { kind: 'refused_token', reason }, lookup: undefined, authorization: undefined }
}

const wrongForm = refuse('token_form_wrong')
