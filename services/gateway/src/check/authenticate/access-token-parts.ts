import { createVerificationKeys, type DecisionState } from '@gatehouse/decision-state'
import type { ViewCache } from '@gatehouse/read-model'
import { createTokenVerifier } from '@gatehouse/token-verifier'
import type { TokenCalls } from '../../oauth/token-calls.ts'
import { createNonces } from '../../proofs/nonces.ts'
import type { ProofMemory } from '../../proofs/proof-memory.ts'
import type { AccessTokenParts } from './access-token.ts'
import { createProofChecker } from './dpop.ts'
import { createReferenceTokens } from './reference-tokens.ts'

export interface AccessTokenSources {
  readonly state: Pick<DecisionState, 'signingKeys'>
  readonly views: Pick<ViewCache, 'referenceToken'>
  readonly resolve: TokenCalls['resolveReferenceToken']
  readonly proofMemory: ProofMemory
}

/** What checks access tokens, with its memories of them. */
export function accessTokenParts({ state, views, resolve, proofMemory }: AccessTokenSources): AccessTokenParts {
  return {
    verifier: createTokenVerifier(),
    verificationKey: createVerificationKeys(state),
    references: createReferenceTokens({ views, resolve }),
    proofs: createProofChecker(proofMemory, createNonces(proofMemory)),
  }
}
