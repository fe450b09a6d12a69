import { sharedRedis, waitFor } from '@gatehouse/testkit'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { proofMemoryContract } from './proof-memory.contract.ts'
import { ProofMemoryUnavailable } from './proof-memory.ts'
import { createRedisProofMemory } from './redis.ts'

proofMemoryContract('Redis', async () => {
  const url = await sharedRedis()
  const open = () => createRedisProofMemory({ url, commandTimeoutMs: 2000 })
  const memories = [open(), open()] as const
  // The connections are not waited for in the gateway: its first requests are refused instead.
  const probe = new Redis(url)
  await probe.ping()
  probe.disconnect()
  for (const memory of memories) {
    const answers = async () => memory.nonceSecret(0)
    await waitFor(
      () =>
        answers().then(
          () => true,
          () => false,
        ),
      { what: 'the memory of proofs answers' },
    )
  }
  return memories
})

test('a memory that cannot be reached says so, and does not hang', async () => {
  const memory = createRedisProofMemory({ url: 'redis://127.0.0.1:1' })
  await expect(memory.firstUse('a')).rejects.toBeInstanceOf(ProofMemoryUnavailable)
  await expect(memory.nonceSecret(1)).rejects.toBeInstanceOf(ProofMemoryUnavailable)
  await memory.close()
})
