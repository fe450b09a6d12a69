import type { ProofChecker } from '../check/authenticate/dpop.ts'
import { proofRequestOf } from '../check/authenticate/dpop.ts'
import { json, type OAuthAnswer } from './answer.ts'
import type { OAuthRequest } from './request.ts'

/**
 * The thumbprint of the key that signed the DPoP proof of a request for tokens (RFC 9449 section 5), empty where there
 * is no proof, or the refusal of one that proves nothing.
 */
export async function proofThumbprint(proofs: ProofChecker, request: OAuthRequest): Promise<string | OAuthAnswer> {
  const { exchange, nowMs } = request.inquiry
  if (exchange.header('dpop') === undefined) return ''
  const scheme = new URL(request.issuer.url).protocol
  const result = await proofs.check(proofRequestOf(exchange, scheme), { nowMs })
  if ('thumbprint' in result) return result.thumbprint
  if (result.fault !== 'proof_nonce_required') return refuse(result.fault, 'invalid_dpop_proof', {})
  return refuse(result.fault, 'use_dpop_nonce', { 'DPoP-Nonce': await proofs.nonce(nowMs) })
}

function refuse(reason: string, error: string, headers: Record<string, string>): OAuthAnswer {
  const { response, facts } = json({ error, error_description: descriptions[error] }, { reason }, headers)
  return { response: { ...response, status: 400 }, facts }
}

const descriptions: Readonly<Record<string, string>> = {
  invalid_dpop_proof: 'the DPoP proof is not one of this request',
  use_dpop_nonce: 'the DPoP proof needs the nonce of the DPoP-Nonce header',
}
