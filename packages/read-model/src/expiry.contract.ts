import { createHash } from 'node:crypto'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ModelUnderTest } from './read-model.contract.ts'
import type { Batch, Change, Entry, ReadModel, Stored } from './read-model.ts'

const hour = 3_600_000
const live = (key: string, version: bigint, text: string, expireMs?: number): Entry => {
  const value = Buffer.from(text, 'latin1')
  return { key, state: 'live', version, value, ...(expireMs !== undefined && { expireMs }) }
}
const parked = (key: string, version: bigint): Entry => ({ key, state: 'parked', version, reason: 'poison' })
const batch = (after: bigint, writes: readonly Entry[]): Batch => {
  return { source: 'token', after, upTo: after + 1n, writes, recordTime: new Date() }
}
const textOf = (stored: Stored | undefined) => stored?.state === 'live' && Buffer.from(stored.value).toString('latin1')

/** What every adapter must do with entries that expire. */
export function expiryContract(name: string, under: ModelUnderTest): void {
  describe(`read model: what expires in ${name}`, () => {
    let model: ReadModel
    beforeEach(async () => {
      model = await under.open()
      return () => model.close()
    })
    afterAll(() => under.close())

    const stored = async (key: string) => (await model.read([key])).values[0]
    const gone = async (key: string) => {
      await vi.waitUntil(async () => (await stored(key)) === undefined, { timeout: 30_000, interval: 10 })
    }
    const nounOf = async (noun: 'reference_token' | 'revoked_token') => {
      const found: string[] = []
      for await (const { key } of model.scan(noun)) found.push(key)
      return found.sort()
    }

    test('it is read until its time, with its time, and is absent from then on', async () => {
      const expireMs = Date.now() + 400
      await model.apply(batch(0n, [live('reference_token/alpha/a', 1n, 'a', expireMs)]))
      expect(await stored('reference_token/alpha/a')).toMatchObject({ state: 'live', version: 1n, expireMs })
      await gone('reference_token/alpha/a')
      expect(Date.now()).toBeGreaterThanOrEqual(expireMs - 1)
      expect(await nounOf('reference_token')).toEqual([])
      expect(await model.positions()).toMatchObject({ token: 1n })
    })

    test('what is over already moves the position and is never seen, and ends what was there', async () => {
      await model.apply(batch(0n, [live('revoked_token/alpha/a', 1n, 'a', Date.now() + hour)]))
      await model.apply(batch(1n, [live('revoked_token/alpha/a', 2n, 'b', Date.now() - 1)]))
      expect(await stored('revoked_token/alpha/a')).toBeUndefined()
      expect(await model.positions()).toMatchObject({ token: 2n })
      const untouched = await under.open()
      await untouched.apply(batch(0n, []))
      await untouched.apply(batch(1n, []))
      expect(await model.digest()).toEqual(await untouched.digest())
      await untouched.close()
    })

    test('an older or equal version never replaces a newer one, whether either expires or not', async () => {
      const key = 'revoked_token/alpha/a'
      const later = Date.now() + hour
      const steps: readonly (readonly [Entry, expected: string | false])[] = [
        [live(key, 5n, 'five', later), 'five'],
        [live(key, 4n, 'four', later), 'five'],
        [live(key, 5n, 'again'), 'five'],
        [live(key, 6n, 'for good'), 'for good'],
        [live(key, 6n, 'again', later), 'for good'],
        [parked(key, 7n), false],
        [live(key, 7n, 'late', later), false],
        [live(key, 8n, 'eight', later), 'eight'],
      ]
      for (const [index, [write, expected]] of steps.entries()) {
        await model.apply(batch(BigInt(index), [write]))
        expect(textOf(await stored(key))).toBe(expected)
      }
      expect(await nounOf('revoked_token')).toEqual([key])
    })

    test('what is for good now does not go when it would have before', async () => {
      const expireMs = Date.now() + 300
      await model.apply(batch(0n, [live('revoked_token/alpha/a', 1n, 'a', expireMs)]))
      await model.apply(batch(1n, [live('revoked_token/alpha/b', 1n, 'b', expireMs)]))
      await model.apply(batch(2n, [parked('revoked_token/alpha/a', 2n)]))
      await gone('revoked_token/alpha/b')
      expect(await stored('revoked_token/alpha/a')).toMatchObject({ state: 'parked' })
    })

    test('a scan answers all that lives, beside what does not expire', async () => {
      const many = Array.from({ length: 1_200 }, (_, n) =>
        live(`reference_token/alpha/r${n}`, 1n, 'r', Date.now() + hour),
      )
      const others = [live('revoked_token/alpha/t', 1n, 't', Date.now() + hour), live('key_ring/alpha', 1n, 'k')]
      await model.apply(batch(0n, [...many, ...others, parked('reference_token/alpha/p', 1n)]))
      expect(new Set(await nounOf('reference_token')).size).toBe(1_201)
      expect(await nounOf('revoked_token')).toEqual(['revoked_token/alpha/t'])
    })

    test('the digest leaves out what expires by its time, and has a fixed form', async () => {
      const expireMs = Date.now() + hour
      await model.apply(batch(0n, [live('revoked_token/alpha/t', 1n, 't', expireMs), live('key_ring/alpha', 2n, 'k')]))
      const sha = (covered: string) => createHash('sha256').update(covered, 'latin1').digest('hex')
      const form = `1~${expireMs.toString(36)}:t`
      expect((await model.digest()).digest).toBe(
        sha(`14 3 key_ring/alpha2:k21 ${form.length} revoked_token/alpha/t${form}`),
      )
      expect((await model.digest(expireMs - 1)).digest).toBe((await model.digest()).digest)
      expect((await model.digest(expireMs)).digest).toBe(sha('14 3 key_ring/alpha2:k'))
    })

    test('a follower hears of it as of every entry', async () => {
      const heard: Change[] = []
      const following = model.follow((change) => heard.push(change))
      await under.settled(() => heard.length === 1)
      await model.apply(batch(0n, [live('reference_token/alpha/a', 1n, 'a', Date.now() + hour)]))
      await under.settled(() => heard.length === 2)
      expect(heard[1]).toMatchObject({ source: 'token', keys: ['reference_token/alpha/a'] })
      await following.close()
    })

    test('a candidate brings its own, and what the replaced generation had is seen no more', async () => {
      const expireMs = Date.now() + hour
      await model.apply(batch(0n, [live('revoked_token/alpha/old', 1n, 'o', expireMs)]))
      const candidate = await model.begin()
      await candidate.apply(batch(0n, [live('revoked_token/alpha/new', 1n, 'n', expireMs)]))
      expect(await nounOf('revoked_token')).toEqual(['revoked_token/alpha/old'])
      expect(await candidate.promote()).toBe('promoted')
      expect(await nounOf('revoked_token')).toEqual(['revoked_token/alpha/new'])
      expect(await stored('revoked_token/alpha/old')).toBeUndefined()
    })

    test.each([
      ['an entry that cannot expire', live('client/c1', 1n, 'x', 1)],
      ['a time that is none', live('revoked_token/alpha/t', 1n, 'x', Number.NaN)],
      ['a time with a fraction', live('revoked_token/alpha/t', 1n, 'x', 1.5)],
      ['a time beyond all', live('revoked_token/alpha/t', 1n, 'x', 36 ** 9)],
    ])('%s is refused', async (_, write) => {
      await expect(model.apply(batch(0n, [write]))).rejects.toThrow(RangeError)
      expect(await model.positions()).toMatchObject({ token: 0n })
    })
  })
}
