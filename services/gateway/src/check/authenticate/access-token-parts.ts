import { type AccessTokensOptions, createAccessTokens } from '@gatehouse/decision-state'
import { createNonces } from '../../proofs/nonces.ts'
import type { ProofMemory } from '../../proofs/proof-memory.ts'
import type { AccessTokenParts } from './access-token.ts'
import { createProofChecker } from './dpop.ts'

export interface AccessTokenSources extends AccessTokensOptions {
  readonly proofMemory: ProofMemory
}

/** What checks access tokens, with its memories of them. */
export function accessTokenParts({ proofMemory, ...sources }: AccessTokenSources): AccessTokenParts {
  return {
    accessTokens: createAccessTokens(sources),
    proofs: createProofChecker(proofMemory, createNonces(proofMemory)),
  }
}
