import { ClientView, CutoffView, ReferenceTokenView, RevocationView } from '@gatehouse/contracts/read_model/v1/views'
import fc from 'fast-check'
import { beforeEach, describe, expect, test, vi } from 'vitest'
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
  const answer = (at: bigint, ...values: (Entry | undefined)[]) =>
    asked.at(-1)?.answer.resolve({ positions: { credential: at, policy: 0n }, values })
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
    answer(1n, live(1n))
    expect(await miss).toEqual(found(1n))
    expect(cache.client('c1')).toEqual(found(1n))
    expect(asked).toHaveLength(1)
  })

  test('who misses the same key together asks once', async () => {
    const all = Promise.all([cache.client('c1'), cache.client('c1'), cache.client('c1')])
    answer(1n, live(1n))
    expect(await all).toEqual([found(1n), found(1n), found(1n)])
    expect(asked).toHaveLength(1)
  })

  test('an absence is known too, until the key changes', async () => {
    const miss = cache.client('c1')
    answer(1n, undefined)
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
      answer(BigInt(n + 2), entry)
      expect(await miss).toMatchObject({ state })
    }
  })

  test('an answer that was under way when the key changed is not believed', async () => {
    const miss = cache.client('c1')
    changed(2n, 'client/c1')
    const joined = cache.client('c1')
    answer(1n, live(1n))
    await turn()
    expect(asked).toHaveLength(2)
    answer(2n, live(2n))
    expect(await Promise.all([miss, joined])).toEqual([found(2n), found(2n)])
    expect(cache.client('c1')).toEqual(found(2n))
  })

  test('an answer that was under way when everything was dropped is not believed', async () => {
    const miss = cache.client('c1')
    reset(5n)
    answer(1n, live(1n))
    await turn()
    answer(5n, undefined)
    expect(await miss).toEqual({ state: 'absent' })
  })

  test('what stands on no deny list is known at once the second time, and no guessing pushes it out', async () => {
    const { cache, asked } = remote(64_000)
    const settle = async (looked: unknown) => {
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
    answer(1n, live(1n))
    expect(await miss).toEqual(found(1n))
    expect(asked).toHaveLength(1)
  })

  test('a store that is behind what was seen is not believed, also after a reset to less', async () => {
    changed(9n)
    reset(0n)
    expect(cache.positions()).toEqual({ credential: 0n, policy: 0n })
    const refused = expect(cache.client('c1')).rejects.toThrow(ReadModelUnavailable)
    for (let n = 0; n < 5; n += 1) {
      answer(8n, undefined)
      await turn()
    }
    await refused
    const again = cache.client('c1')
    answer(9n, live(1n))
    expect(await again).toEqual(found(1n))
  })

  test('a failed look-up is not remembered', async () => {
    const miss = cache.client('c1')
    asked.at(-1)?.answer.reject(new ReadModelUnavailable('gone'))
    await expect(miss).rejects.toThrow('gone')
    const again = cache.client('c1')
    answer(1n, live(1n))
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
        else if (step === 'read') read()
        else if (step === 'answer') deliver()
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

describe('in front of memory', () => {
  async function filled(...writes: readonly Entry[]) {
    const model = createMemoryModel()
    const cache = createViewCache({ model })
    model.follow((change) => cache.onChange(change))
    let at = 0n
    const write = (...more: readonly Entry[]) => {
      const batch = { source: 'token', after: at, upTo: ++at, writes: more, recordTime: new Date() } as const
      return model.apply(batch)
    }
    await write(...writes)
    return { cache, write }
  }
  const entry = (key: string, version: bigint, value: Uint8Array, expireMs?: number): Entry => {
    return { key, state: 'live', version, value, ...(expireMs !== undefined && { expireMs }) }
  }
  const cutoff = (seconds: number) => CutoffView.encode({ before: new Date(seconds * 1000) }).finish()

  test('a client is answered with the time of the last revocation of a secret, also one that comes later', async () => {
    const { cache, write } = await filled(live(1n))
    expect(cache.client('c1')).toMatchObject({ view: { version: 1n, revokedBefore: undefined } })
    await write(entry('secret_cutoff/c1', 7n, cutoff(5)))
    expect(cache.client('c1')).toMatchObject({ view: { version: 1n, revokedBefore: new Date(5_000) } })
    await write(live(2n))
    expect(cache.client('c1')).toMatchObject({ view: { version: 2n, revokedBefore: new Date(5_000) } })
    await write({ key: 'secret_cutoff/c1', state: 'parked', version: 8n, reason: 'poison' })
    expect(cache.client('c1')).toEqual({ state: 'parked', reason: 'poison' })
  })

  test('the cut-offs of a client, of a user of the same name and of the environment are three', async () => {
    const { cache } = await filled(
      entry('cutoff/alpha/client/x', 1n, cutoff(1)),
      entry('cutoff/alpha/user/x', 1n, cutoff(2)),
      entry('cutoff/alpha/environment', 1n, cutoff(3)),
    )
    expect(cache.cutoff('alpha', { kind: 'client', id: 'x' })).toMatchObject({ view: { before: new Date(1_000) } })
    expect(cache.cutoff('alpha', { kind: 'user', id: 'x' })).toMatchObject({ view: { before: new Date(2_000) } })
    expect(cache.cutoff('alpha')).toMatchObject({ view: { before: new Date(3_000) } })
    expect(cache.cutoff('beta')).toEqual({ state: 'absent' })
  })

  test('what has expired is absent, though it is kept', async () => {
    const expireTime = new Date(Date.now() + 200)
    const view = ReferenceTokenView.encode({ form: 3, content: Buffer.from('x'), expireTime }).finish()
    const revocation = RevocationView.encode({ revokeTime: new Date(), expireTime }).finish()
    const { cache } = await filled(
      entry('reference_token/alpha/r', 1n, view, expireTime.getTime()),
      entry('revoked_token/alpha/t', 1n, revocation, expireTime.getTime()),
    )
    const both = () => [cache.referenceToken('alpha', 'r'), cache.revokedToken('alpha', 't')]
    expect(both()).toMatchObject([{ state: 'found' }, { state: 'found' }])
    const kept = cache.bytes
    await vi.waitUntil(() => Date.now() >= expireTime.getTime())
    expect(both()).toEqual([{ state: 'absent' }, { state: 'absent' }])
    expect(cache.bytes).toBe(kept)
  })

  test('the number of denials moves with what bears on tokens, and not with what does not', async () => {
    const { cache, write } = await filled()
    const moves = async (key: string) => {
      const before = cache.denials()
      await write(entry(key, 9n, new Uint8Array()))
      return cache.denials() > before
    }
    for (const key of ['client/c1', 'secret_cutoff/c1', 'subscription/s1', 'cutoff/alpha/environment'])
      expect(await moves(key)).toBe(true)
    for (const key of ['revoked_token/alpha/t', 'revoked_grant/g', 'suspended_user/u', 'cutoff/alpha/user/u'])
      expect(await moves(key)).toBe(true)
    for (const key of ['reference_token/alpha/r', 'api_key/k', 'client_secret/s', 'entitlement/c1/orders'])
      expect(await moves(key)).toBe(false)
    const before = cache.denials()
    cache.onChange({ type: 'reset', positions: {} })
    expect(cache.denials()).toBeGreaterThan(before)
  })

  test('every look-up is answered at once and never holds what was replaced', async () => {
    const model = createMemoryModel()
    const cache = createViewCache({ model })
    model.follow((change) => cache.onChange(change))
    const batch = { source: 'credential', recordTime: new Date() } as const
    expect(cache.client('c1')).toEqual({ state: 'absent' })
    await model.apply({ ...batch, after: 0n, upTo: 1n, writes: [live(1n)] })
    expect(cache.client('c1')).toEqual(found(1n))
    await model.apply({ ...batch, after: 1n, upTo: 2n, writes: [live(2n)] })
    expect(cache.client('c1')).toEqual(found(2n))
    expect(cache.positions()).toEqual({ credential: 2n, policy: 0n, token: 0n })
  })

  test('guessing ids does not push out what exists', async () => {
    const model = createMemoryModel()
    const cache = createViewCache({ model, bytesMax: 64_000 })
    model.follow((change) => cache.onChange(change))
    const writes = [live(1n)]
    await model.apply({ source: 'credential', after: 0n, upTo: 1n, writes, recordTime: new Date() })
    const first = cache.client('c1')
    for (let n = 0; n < 10_000; n += 1) cache.client(`guess-${n}`)
    expect(cache.bytes).toBeLessThanOrEqual(64_000)
    expect(cache.client('c1')).toBe(first)
  })

  test.each(['a b', 'a\nb', '', 'é', 'x'.repeat(600)])('the id %j is absent, not an error', (id) => {
    expect(createViewCache({ model: createMemoryModel() }).apiKey(id)).toEqual({ state: 'absent' })
  })
})
