import { ClientView } from '@gatehouse/contracts/read_model/v1/views'
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { createViewCache, type ViewCache } from './cache.ts'
import { createMemoryModel } from './memory/memory-model.ts'
import { type Entry, ReadModelUnavailable, type Snapshot } from './read-model.ts'

const view = (version: bigint) => ClientView.fromPartial({ clientId: 'c1', environmentId: 'alpha', state: 1, version })
const live = (version: bigint, key = 'client/c1'): Entry => {
  return { key, state: 'live', version, value: ClientView.encode(view(version)).finish() }
}
const found = (version: bigint) => ({ state: 'found', view: expect.objectContaining({ version }) })

interface Asked {
  readonly keys: readonly string[]
  readonly answer: PromiseWithResolvers<Snapshot>
}

/** A cache in front of a store that answers when the test says so. */
function remote(bytesMax?: number) {
  const asked: Asked[] = []
  const { readNow: _, ...memory } = createMemoryModel()
  const read = (keys: readonly string[]) => {
    const answer = Promise.withResolvers<Snapshot>()
    asked.push({ keys, answer })
    return answer.promise
  }
  return { asked, cache: createViewCache({ model: { ...memory, read }, ...(bytesMax !== undefined && { bytesMax }) }) }
}

describe('in front of a store that is elsewhere', () => {
  let asked: Asked[]
  let cache: ViewCache
  /** Answers what was asked last, once it was. */
  const answer = async (at: bigint, ...values: (Entry | undefined)[]) => {
    await turn()
    asked.at(-1)?.answer.resolve({ positions: { credential: at, policy: 0n }, values })
  }
  const changed = (upTo: bigint, ...keys: string[]) =>
    cache.onChange({ type: 'applied', source: 'credential', upTo, keys, recordTime: new Date() })
  const reset = (credential: bigint) => cache.onChange({ type: 'reset', positions: { credential, policy: 0n } })
  const turn = () => new Promise(setImmediate)

  beforeEach(() => {
    const under = remote()
    asked = under.asked
    cache = under.cache
    reset(1n)
  })

  test('a miss is a promise, the hit after it is not', async () => {
    const miss = cache.client('c1')
    expect(miss).toBeInstanceOf(Promise)
    await answer(1n, live(1n))
    expect(await miss).toEqual(found(1n))
    expect(cache.client('c1')).toEqual(found(1n))
    expect(asked).toHaveLength(1)
  })

  test('who misses the same key together asks once', async () => {
    const all = Promise.all([cache.client('c1'), cache.client('c1'), cache.client('c1')])
    await answer(1n, live(1n))
    expect(await all).toEqual([found(1n), found(1n), found(1n)])
    expect(asked).toHaveLength(1)
  })

  test('what is missed in one turn is asked for in one read, of a bounded size', async () => {
    const misses = Promise.all([
      cache.client('c1'),
      cache.subscription('s1'),
      ...Array.from({ length: 20 }, (_, n) => cache.revokedToken('alpha', `t${n}`)),
    ])
    await turn()
    expect(asked.map(({ keys }) => keys.length)).toEqual([16, 7])
    expect(asked[0]?.keys.slice(0, 3)).toEqual(['client/c1', 'secret_cutoff/c1', 'subscription/s1'])
    for (const { keys, answer } of asked) {
      const values = keys.map((key) => (key === 'client/c1' ? live(1n) : undefined))
      answer.resolve({ positions: { credential: 1n }, values })
    }
    const [client, ...others] = await misses
    expect(client).toEqual(found(1n))
    expect(others).toEqual(others.map(() => ({ state: 'absent' })))
  })

  test('an absence is known too, until the key changes', async () => {
    const miss = cache.client('c1')
    await answer(1n, undefined)
    await miss
    expect(cache.client('c1')).toEqual({ state: 'absent' })
    changed(2n, 'client/c1')
    expect(cache.client('c1')).toBeInstanceOf(Promise)
  })

  test('a deleted entry is absent, a parked or malformed one is parked', async () => {
    const states = [
      [{ key: 'client/c1', state: 'deleted', version: 2n }, 'absent'],
      [{ key: 'client/c1', state: 'parked', version: 2n, reason: 'poison' }, 'parked'],
      [{ key: 'client/c1', state: 'live', version: 2n, value: Uint8Array.of(0x0a, 0xff) }, 'parked'],
    ] as const
    for (const [n, [entry, state]] of states.entries()) {
      changed(BigInt(n + 2), 'client/c1')
      const miss = cache.client('c1')
      await answer(BigInt(n + 2), entry)
      expect(await miss).toMatchObject({ state })
    }
  })

  test('an answer that was under way when the key changed is not believed', async () => {
    const miss = cache.client('c1')
    changed(2n, 'client/c1')
    const joined = cache.client('c1')
    await answer(1n, live(1n))
    await turn()
    expect(asked).toHaveLength(2)
    await answer(2n, live(2n))
    expect(await Promise.all([miss, joined])).toEqual([found(2n), found(2n)])
    expect(cache.client('c1')).toEqual(found(2n))
  })

  test('an answer that was under way when everything was dropped is not believed', async () => {
    const miss = cache.client('c1')
    reset(5n)
    await answer(1n, live(1n))
    await turn()
    await answer(5n, undefined)
    expect(await miss).toEqual({ state: 'absent' })
  })

  test('what stands on no deny list is known at once the second time, and no guessing pushes it out', async () => {
    const { cache, asked } = remote(64_000)
    const settle = async (looked: unknown) => {
      await Promise.resolve()
      asked.at(-1)?.answer.resolve({ positions: {}, values: [undefined, undefined] })
      await looked
    }
    await settle(cache.revokedToken('alpha', 't1'))
    await settle(cache.revokedGrant('g1'))
    for (let n = 0; n < 1_000; n += 1) await settle(cache.apiKey(`guess-${n}`))
    expect(cache.revokedToken('alpha', 't1')).toEqual({ state: 'absent' })
    expect(cache.revokedGrant('g1')).toEqual({ state: 'absent' })
    for (let n = 0; n < 1_000; n += 1) await settle(cache.revokedToken('alpha', `other-${n}`))
    expect(cache.bytes).toBeLessThanOrEqual(64_000)
  })

  test('a change of another key does not disturb an answer under way', async () => {
    const miss = cache.client('c1')
    changed(2n, 'client/c2')
    await answer(1n, live(1n))
    expect(await miss).toEqual(found(1n))
    expect(asked).toHaveLength(1)
  })

  test('a store that is behind what was seen is not believed, also after a reset to less', async () => {
    changed(9n)
    reset(0n)
    expect(cache.positions()).toEqual({ credential: 0n, policy: 0n })
    const refused = expect(cache.client('c1')).rejects.toThrow(ReadModelUnavailable)
    for (let n = 0; n < 5; n += 1) {
      await answer(8n, undefined)
      await turn()
    }
    await refused
    const again = cache.client('c1')
    await answer(9n, live(1n))
    expect(await again).toEqual(found(1n))
  })

  test('a failed look-up is not remembered', async () => {
    const miss = cache.client('c1')
    await turn()
    asked.at(-1)?.answer.reject(new ReadModelUnavailable('gone'))
    await expect(miss).rejects.toThrow('gone')
    const again = cache.client('c1')
    await answer(1n, live(1n))
    expect(await again).toEqual(found(1n))
  })

  test('no order of changes and answers ever serves less than what was followed', async () => {
    let lookups = 0
    const steps = fc.array(fc.constantFrom('write', 'follow', 'look up', 'read', 'answer', 'turn'), {
      minLength: 20,
      maxLength: 60,
    })
    const property = fc.asyncProperty(steps, async (steps) => {
      let [written, followed] = [1n, 1n]
      const { cache, asked } = remote()
      cache.onChange({ type: 'reset', positions: { credential: 1n } })
      const pending: Promise<void>[] = []
      // Redis reads at one moment and its answer comes at another.
      let answers: (() => void)[] = []
      const read = () => {
        const at = written
        for (const { answer } of asked.splice(0))
          answers.push(() => answer.resolve({ positions: { credential: at }, values: [live(at)] }))
      }
      const deliver = () => {
        for (const send of answers) send()
        answers = []
      }
      for (const step of steps) {
        if (step === 'write') written += 1n
        else if (step === 'read') {
          await Promise.resolve()
          read()
        } else if (step === 'answer') deliver()
        else if (step === 'turn') await turn()
        else if (step === 'follow' && followed < written) {
          followed += 1n
          const change = { source: 'credential', upTo: followed, keys: ['client/c1'], recordTime: new Date() } as const
          cache.onChange({ type: 'applied', ...change })
        } else if (step === 'look up') {
          const least = followed
          lookups += 1
          pending.push(
            Promise.resolve(cache.client('c1')).then(
              (got) => expect(got.state === 'found' && got.view.version).toBeGreaterThanOrEqual(least),
              // A key that changes under every attempt is refused in the end: late, but never stale.
              (error) => expect(error).toBeInstanceOf(ReadModelUnavailable),
            ),
          )
        }
      }
      for (let n = 0; n < 6; n += 1) {
        await turn()
        read()
        deliver()
        await turn()
      }
      await Promise.all(pending)
    })
    await fc.assert(property, { numRuns: 300 })
    expect(lookups).toBeGreaterThan(500)
  })
})
