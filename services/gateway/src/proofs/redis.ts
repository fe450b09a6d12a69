import { randomBytes } from 'node:crypto'
import { openRequestRedis, type RequestRedisOptions } from '../request-redis.ts'
import { nonceSecretBytes, type ProofMemory, ProofMemoryUnavailable, rememberMs } from './proof-memory.ts'

/**
 * The proofs that all gateways have seen. A failover of Redis may lose some: such a proof is good once more, by its own
 * key and for its own request alone, until its nonce is too old.
 */
export function createRedisProofMemory(options: RequestRedisOptions): ProofMemory {
  const redis = openRequestRedis(options)

  return {
    async firstUse(proofId) {
      const key = `gatehouse:proof:${proofId}`
      return (await answered(redis.set(key, '', 'PX', rememberMs, 'NX'))) === 'OK'
    },
    async nonceSecret(period) {
      const key = `gatehouse:proof-nonce:${period}`
      const proposed = randomBytes(nonceSecretBytes).toString('base64url')
      // Of all gateways' proposals the first one stays.
      const kept = await answered(redis.set(key, proposed, 'PX', 2 * rememberMs, 'NX', 'GET'))
      return Buffer.from(kept ?? proposed, 'base64url')
    },
    async close() {
      redis.disconnect()
    },
  }
}

function answered<Reply>(reply: Promise<Reply>): Promise<Reply> {
  return reply.catch((cause: Error) => {
    throw new ProofMemoryUnavailable('the memory of proofs does not answer', { cause })
  })
}
