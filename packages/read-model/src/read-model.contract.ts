import { createHash } from 'node:crypto'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Batch, Change, Entry, ReadModel } from './read-model.ts'

const live = (key: string, version: bigint, text: string): Entry => ({
  key,
  state: 'live',
  version,
  value: Buffer.from(text, 'latin1'),
})
const batch = (after: bigint, upTo: bigint, writes: readonly Entry[] = []): Batch => ({
  source: 'credential',
  after,
  upTo,
  writes,
  recordTime: new Date(1_700_000_000_000),
})

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

/** Where a follower of the credential log stands that heard these changes. */
function standsAt(heard: readonly Change[]): bigint | undefined {
  const change = heard.findLast((each) => each.type === 'reset' || each.source === 'credential')
  return change?.type === 'reset' ? change.positions.credential : change?.upTo
}

export interface ModelUnderTest {
  /** An empty model. */
  open(): Promise<ReadModel>
  /** Resolves when everything applied so far was told to followers. */
  settled(condition: () => boolean): Promise<void>
  close(): Promise<void>
}

/** What every adapter of the ReadModel port must do. */
export function readModelContract(name: string, under: ModelUnderTest): void {
  describe(`read model: ${name}`, () => {
    let model: ReadModel
    beforeEach(async () => {
      model = await under.open()
      return () => model.close()
    })
    afterAll(() => under.close())

    test('an empty model stands at 0 and knows nothing', async () => {
      expect(await model.positions()).toEqual({ credential: 0n, policy: 0n, token: 0n })
      const { positions, values } = await model.read(['client/c1', 'api/alpha/orders'])
      expect(positions).toEqual({ credential: 0n, policy: 0n, token: 0n })
      expect(values).toEqual([undefined, undefined])
    })

    test('values are read back with the position they were applied at, whatever bytes they hold', async () => {
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
      const write: Entry = { key: 'client/c1', state: 'live', version: 1n, value: bytes }
      expect(await model.apply(batch(0n, 3n, [write]))).toBe('applied')
      const { positions, values } = await model.read(['client/none', 'client/c1'])
      expect(positions.credential).toBe(3n)
      expect(values[0]).toBeUndefined()
      expect(values[1]).toMatchObject({ state: 'live', version: 1n })
      expect(Buffer.from((values[1] as { value: Uint8Array }).value)).toEqual(bytes)
    })

    test('a batch that the model is past is a duplicate and changes nothing', async () => {
      await model.apply(batch(0n, 2n, [live('client/c1', 1n, 'new')]))
      expect(await model.apply(batch(0n, 1n, [live('client/c1', 2n, 'old')]))).toBe('duplicate')
      expect(await model.apply(batch(1n, 3n, [live('client/c1', 2n, 'old')]))).toBe('duplicate')
      expect((await model.read(['client/c1'])).values[0]).toMatchObject({ version: 1n })
      expect((await model.positions()).credential).toBe(2n)
    })

    test('a batch beyond what the model has is a gap and changes nothing', async () => {
      expect(await model.apply(batch(1n, 2n, [live('client/c1', 1n, 'x')]))).toBe('gap')
      expect((await model.read(['client/c1'])).values).toEqual([undefined])
      expect((await model.positions()).credential).toBe(0n)
    })

    test('each log has its own position', async () => {
      await model.apply(batch(0n, 5n))
      await model.apply({ ...batch(0n, 2n), source: 'policy' })
      expect(await model.positions()).toEqual({ credential: 5n, policy: 2n, token: 0n })
    })

    test('positions and versions up to 2^53 are exact', async () => {
      const far = 9_007_199_254_740_990n
      await model.apply(batch(0n, far, [live('client/c1', far, 'x')]))
      expect(await model.apply(batch(far - 1n, far))).toBe('duplicate')
      expect(await model.apply(batch(far, far + 1n, [live('client/c1', far + 1n, 'y')]))).toBe('applied')
      const { positions, values } = await model.read(['client/c1'])
      expect(positions.credential).toBe(far + 1n)
      expect(values[0]).toMatchObject({ version: far + 1n })
    })

    test('an older or equal version never replaces a newer one', async () => {
      await model.apply(batch(0n, 1n, [live('client/c1', 10n, 'ten')]))
      await model.apply(batch(1n, 2n, [live('client/c1', 9n, 'nine')]))
      await model.apply(batch(2n, 3n, [live('client/c1', 10n, 'again')]))
      expect((await model.read(['client/c1'])).values[0]).toMatchObject({ version: 10n, value: Buffer.from('ten') })
    })

    test('a deletion keeps its version, so a late older write does not bring the entry back', async () => {
      await model.apply(batch(0n, 1n, [{ key: 'api/alpha/orders', state: 'deleted', version: 3n }]))
      await model.apply(batch(1n, 2n, [live('api/alpha/orders', 2n, 'late')]))
      expect((await model.read(['api/alpha/orders'])).values[0]).toEqual({ state: 'deleted', version: 3n })
    })

    test('a parked entry is read back with its reason', async () => {
      const parked: Entry = { key: 'api_key/k1', state: 'parked', version: 2n, reason: 'unknown event – type' }
      await model.apply(batch(0n, 1n, [parked]))
      const { key, ...stored } = parked
      expect((await model.read([key])).values[0]).toEqual(stored)
    })

    test.each([
      ['a batch that ends where it begins', batch(1n, 1n)],
      ['a negative position', batch(-1n, 1n)],
      ['version 0', batch(0n, 1n, [live('client/c1', 0n, 'x')])],
      ['an unknown noun', batch(0n, 1n, [live('client/c1', 1n, 'x'), live('consent/g1', 1n, 'x')])],
      ['an id with a line break', batch(0n, 1n, [live('client/a\nb', 1n, 'x')])],
      ['an empty id', batch(0n, 1n, [live('client/', 1n, 'x')])],
    ])('%s is refused and changes nothing', async (_, wrong) => {
      await expect(model.apply(wrong)).rejects.toThrow(RangeError)
      expect((await model.positions()).credential).toBe(0n)
      expect((await model.read(['client/c1'])).values).toEqual([undefined])
    })

    test('of many projectors that apply the same events only one does', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, n) => model.apply(batch(0n, 1n, [live('client/c1', 1n, `by ${n}`)]))),
      )
      expect(outcomes.filter((outcome) => outcome === 'applied')).toHaveLength(1)
      expect(outcomes.filter((outcome) => outcome === 'duplicate')).toHaveLength(9)
    })

    test('readers never see a value without its position', async () => {
      let done = false
      const write = async () => {
        for (let n = 1n; n <= 100n; n += 1n)
          await model.apply(batch(n - 1n, n, [live('client/a', n, 'a'), live('api_key/b', n, 'b')]))
        done = true
      }
      const read = async () => {
        while (!done) {
          const { positions, values } = await model.read(['client/a', 'api_key/b'])
          for (const value of values) expect(value?.version ?? 0n).toBe(positions.credential)
        }
      }
      await Promise.all([write(), read(), read()])
    })

    test('a scan answers one noun, deletions included', async () => {
      const deleted: Entry = { key: 'api/alpha/gone', state: 'deleted', version: 2n }
      const many = Array.from({ length: 1200 }, (_, n) => live(`api_key/k${n}`, 1n, 'k'))
      await model.apply(
        batch(0n, 1n, [live('api/alpha/orders', 1n, 'o'), deleted, live('client/c1', 1n, 'c'), ...many]),
      )
      const apis = await collect(model.scan('api'))
      expect(apis.map(({ key, state }) => [key, state]).sort()).toEqual([
        ['api/alpha/gone', 'deleted'],
        ['api/alpha/orders', 'live'],
      ])
      expect(new Set((await collect(model.scan('api_key'))).map(({ key }) => key)).size).toBe(1200)
    })

    test('the digest is the same however the batches are cut, and differs by one byte', async () => {
      const writes = [live('client/a', 1n, 'a'), live('client/b', 1n, 'b'), live('plan/alpha/p', 1n, '\xff\x00')]
      await model.apply(batch(0n, 3n, writes))
      const whole = await model.digest()
      const other = await under.open()
      for (const [index, write] of writes.toReversed().entries())
        await other.apply(batch(BigInt(index), BigInt(index + 1), [write]))
      expect(await other.digest()).toEqual(whole)
      await other.apply(batch(3n, 4n, [live('client/a', 2n, 'a')]))
      expect((await other.digest()).digest).not.toBe(whole.digest)
      await other.close()
    })

    test('the digest has a fixed form', async () => {
      await model.apply(batch(0n, 1n, [live('client/a', 1n, '\x01\xff'), live('api_key/b', 7n, '')]))
      const { digest } = await model.digest()
      const covered = Buffer.from('9 2 api_key/b7:8 4 client/a1:\x01\xff', 'latin1')
      expect(digest).toBe(createHash('sha256').update(covered).digest('hex'))
    })

    test('a follower hears a reset first, then every change in order', async () => {
      await model.apply(batch(0n, 1n, [live('client/a', 1n, 'a')]))
      const heard: Change[] = []
      const following = model.follow((change) => heard.push(change))
      await under.settled(() => heard.length === 1)
      await model.apply(batch(1n, 3n, [live('client/a', 2n, 'b'), live('api_key/k', 1n, 'k')]))
      await model.apply(batch(3n, 4n, [live('client/a', 1n, 'too old')]))
      await under.settled(() => heard.length === 3)
      expect(heard).toEqual([
        { type: 'reset', positions: { credential: 1n, policy: 0n, token: 0n } },
        {
          type: 'applied',
          source: 'credential',
          upTo: 3n,
          keys: ['client/a', 'api_key/k'],
          recordTime: new Date(1_700_000_000_000),
        },
        { type: 'applied', source: 'credential', upTo: 4n, keys: [], recordTime: new Date(1_700_000_000_000) },
      ])
      await following.close()
    })

    test('a candidate is built beside the serving generation and takes its place in one step', async () => {
      await model.apply(batch(0n, 2n, [live('client/a', 1n, 'old fold')]))
      const heard: Change[] = []
      const following = model.follow((change) => heard.push(change))
      await under.settled(() => heard.length === 1)
      const candidate = await model.begin()
      await candidate.apply(batch(0n, 1n, [live('client/a', 1n, 'new fold')]))
      expect(await candidate.promote()).toBe('behind')
      expect((await model.read(['client/a'])).values[0]).toMatchObject({ value: Buffer.from('old fold') })
      await model.apply(batch(2n, 3n, [live('client/b', 1n, 'live event')]))
      await candidate.apply(batch(1n, 3n, [live('client/b', 1n, 'live event')]))
      expect(await candidate.promote()).toBe('promoted')
      const { positions, values } = await model.read(['client/a', 'client/b'])
      expect(positions.credential).toBe(3n)
      expect(values[0]).toMatchObject({ value: Buffer.from('new fold') })
      expect(await model.apply(batch(3n, 4n, [live('client/a', 2n, 'after')]))).toBe('applied')
      await under.settled(() => standsAt(heard) === 4n)
      expect(heard.filter(({ type }) => type === 'reset').length).toBe(2)
      await following.close()
    })

    describe('the mark of a whole state', () => {
      const at = (credential: bigint, ageMs = 0) => ({ positions: { credential, policy: 0n, token: 0n }, ageMs })

      test('is not there before anybody has set it', async () => {
        expect(await model.wholeMark()).toBeUndefined()
      })

      test('is answered with its age, also when the model went on', async () => {
        await model.apply(batch(0n, 2n))
        await model.markWhole(at(2n, 5_000))
        await model.apply(batch(2n, 3n))
        const mark = await model.wholeMark()
        expect(mark?.positions).toEqual({ credential: 2n, policy: 0n, token: 0n })
        expect(mark?.ageMs).toBeGreaterThanOrEqual(4_999)
        expect(mark?.ageMs).toBeLessThan(35_000)
      })

      test('is refused by a model that stands before it', async () => {
        await model.apply(batch(0n, 2n))
        await model.markWhole(at(3n))
        await model.markWhole({ positions: { policy: 1n }, ageMs: 0 })
        await model.apply(batch(2n, 9n))
        expect(await model.wholeMark()).toBeUndefined()
      })

      test('is not replaced by an older one', async () => {
        await model.apply(batch(0n, 20n))
        await model.markWhole(at(20n, 1_000))
        await model.markWhole(at(3n, 9_000))
        expect(await model.wholeMark()).toMatchObject({ positions: { credential: 20n } })
        await model.markWhole(at(9n, 0))
        expect(await model.wholeMark()).toMatchObject({ positions: { credential: 9n } })
      })

      test('does not go over to a generation that was built anew', async () => {
        await model.apply(batch(0n, 1n))
        await model.markWhole(at(1n))
        const candidate = await model.begin()
        await candidate.apply(batch(0n, 1n))
        expect(await candidate.promote()).toBe('promoted')
        expect(await model.wholeMark()).toBeUndefined()
      })

      test('changes no digest', async () => {
        await model.apply(batch(0n, 1n, [live('client/a', 1n, 'a')]))
        const before = await model.digest()
        await model.markWhole(at(1n))
        expect(await model.digest()).toEqual(before)
      })
    })

    test('what is written to a discarded candidate is never seen', async () => {
      const candidate = await model.begin()
      await candidate.apply(batch(0n, 1n, [live('client/a', 1n, 'x')]))
      await candidate.discard()
      expect((await model.read(['client/a'])).values).toEqual([undefined])
      expect((await model.positions()).credential).toBe(0n)
    })
  })
}
