import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nonceSecretBytes, type ProofMemory } from './proof-memory.ts'

/** What every adapter of ProofMemory does. @param open answers two gateways' views of one memory */
export function proofMemoryContract(adapter: string, open: () => Promise<readonly [ProofMemory, ProofMemory]>): void {
  describe(`${adapter} proof memory`, () => {
    let one: ProofMemory
    let other: ProofMemory
    beforeAll(async () => {
      ;[one, other] = await open()
    })
    afterAll(() => Promise.all([one.close(), other.close()]))

    test('a proof is new once, at whichever gateway it is shown again', async () => {
      const proof = randomUUID()
      expect(await one.firstUse(proof)).toBe(true)
      expect(await one.firstUse(proof)).toBe(false)
      expect(await other.firstUse(proof)).toBe(false)
      expect(await other.firstUse(randomUUID())).toBe(true)
    })

    test('of 50 parallel uses of one proof one is the first', async () => {
      const proof = randomUUID()
      const uses = await Promise.all(Array.from({ length: 50 }, (_, n) => (n % 2 ? one : other).firstUse(proof)))
      expect(uses.filter((first) => first)).toHaveLength(1)
    })

    test('the secret of a period is one, and another in the next', async () => {
      const period = Math.floor(Math.random() * 1e9)
      const secrets = await Promise.all([one.nonceSecret(period), other.nonceSecret(period), one.nonceSecret(period)])
      expect(new Set(secrets.map((secret) => Buffer.from(secret).toString('hex'))).size).toBe(1)
      expect(secrets[0]).toHaveLength(nonceSecretBytes)
      expect(await other.nonceSecret(period + 1)).not.toEqual(secrets[0])
    })
  })
}
