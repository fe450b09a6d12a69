import { randomBytes } from 'node:crypto'
import { nonceSecretBytes, type ProofMemory, ProofMemoryUnavailable, rememberMs } from './proof-memory.ts'

export interface MemoryProofMemoryOptions {
  /** Milliseconds of a clock that does not jump. */
  readonly now?: () => number
  /** Proofs in one period of `rememberMs`; beyond it no proof can be told from one that was shown: none is taken. */
  readonly proofsMax?: number
}

/** The proofs that one process has seen, in two generations: each is remembered for one period at least. */
export function createMemoryProofMemory(options: MemoryProofMemoryOptions = {}): ProofMemory {
  const { now = () => performance.now(), proofsMax = 1_000_000 } = options
  const secrets = new Map<number, Uint8Array>()
  let before = new Set<string>()
  let current = new Set<string>()
  let since = now()

  function turn(): void {
    const age = now() - since
    if (age < rememberMs) return
    before = age < 2 * rememberMs ? current : new Set()
    current = new Set()
    since = now()
  }

  return {
    firstUse(proofId) {
      turn()
      if (current.has(proofId) || before.has(proofId)) return false
      if (current.size >= proofsMax) throw new ProofMemoryUnavailable('too many proofs at once')
      current.add(proofId)
      return true
    },
    nonceSecret(period) {
      let secret = secrets.get(period)
      if (!secret) {
        secret = randomBytes(nonceSecretBytes)
        secrets.set(period, secret)
        for (const old of secrets.keys()) if (old < period - 1) secrets.delete(old)
      }
      return secret
    },
    close: () => Promise.resolve(),
  }
}
