import { ClientView, CutoffView, ReferenceTokenView, RevocationView } from '@gatehouse/contracts/read_model/v1/views'
import { expect, test, vi } from 'vitest'
import { createViewCache } from './cache.ts'
import { createMemoryModel } from './memory/memory-model.ts'
import type { Entry } from './read-model.ts'

const live = (version: bigint): Entry => {
  const view = ClientView.fromPartial({ clientId: 'c1', environmentId: 'alpha', state: 1, version })
  return { key: 'client/c1', state: 'live', version, value: ClientView.encode(view).finish() }
}
const found = (version: bigint) => ({ state: 'found', view: expect.objectContaining({ version }) })

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
  await vi.waitUntil(() => Date.now() >= expireTime.getTime(), { timeout: 30_000 })
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
