import { SigningAlgorithm } from '@gatehouse/contracts/policy/v1/token_settings'
import type { SigningKeyView } from '@gatehouse/contracts/read_model/v1/views'
import { readVerificationKey, type SignatureAlgorithm, type VerificationKey } from '@gatehouse/token-verifier'
import type { DecisionState } from './decision-state.ts'

/** The key that an environment's tokens of this `kid` are verified with; undefined where none is accepted. */
export type FindVerificationKey = (environmentId: string, keyId: string) => VerificationKey | undefined

const algorithms: ReadonlyMap<SigningAlgorithm, SignatureAlgorithm> = new Map<SigningAlgorithm, SignatureAlgorithm>([
  [SigningAlgorithm.SIGNING_ALGORITHM_ES256, 'ES256'],
  [SigningAlgorithm.SIGNING_ALGORITHM_RS256, 'RS256'],
])

/** Reads each key once; the same key is the same object until its view changes. */
export function createVerificationKeys({ signingKeys }: Pick<DecisionState, 'signingKeys'>): FindVerificationKey {
  const read = new WeakMap<SigningKeyView, VerificationKey | undefined>()
  return (environmentId, keyId) => {
    const view = signingKeys().find(environmentId, keyId)
    if (!view) return undefined
    const known = read.get(view)
    if (known || read.has(view)) return known
    const key = readKey(view)
    read.set(view, key)
    return key
  }
}

function readKey({ publicJwk, algorithm }: SigningKeyView): VerificationKey | undefined {
  const alg = algorithms.get(algorithm)
  return alg && readVerificationKey(JSON.parse(publicJwk), alg)
}
