import { Api } from '@gatehouse/contracts/policy/v1/api'
import { beforeEach, expect, test, vi } from 'vitest'
import { createMemoryModel } from './memory/memory-model.ts'
import { followPolicy, type PolicyViews } from './policy-views.ts'
import type { Entry, ReadModel } from './read-model.ts'

const api = (apiId: string, version: bigint): Entry => {
  const value = Api.encode(Api.fromPartial({ apiId, environmentId: 'alpha', version })).finish()
  return { key: `api/alpha/${apiId}`, state: 'live', version, value }
}

let model: ReadModel
let at: bigint
beforeEach(() => {
  model = createMemoryModel()
  at = 0n
})

async function put(...writes: Entry[]) {
  await model.apply({ source: 'policy', after: at, upTo: ++at, writes, recordTime: new Date() })
}

function start(onError?: (error: unknown) => void) {
  const told: { apis: string[]; changed: readonly string[] | 'all' }[] = []
  let unknown: PolicyViews['unknown'] = new Map()
  const onChanged = ({ apis, ...views }: PolicyViews, changed: readonly string[] | 'all') => {
    unknown = views.unknown
    told.push({ apis: [...apis].map(([key, { version }]) => `${key}@${version}`).sort(), changed })
  }
  const follower = followPolicy({ model, onChanged, retryMs: 1, ...(onError && { onError }) })
  model.follow((change) => follower.onChange(change))
  return { told, unknown: () => unknown, follower }
}

test('everything is loaded at first, then only what changed is named', async () => {
  await put(api('orders', 1n), api('carts', 1n))
  const { told, follower } = start()
  await vi.waitUntil(() => follower.position() === 1n, { timeout: 30_000 })
  await put(api('orders', 2n))
  await put({ key: 'api/alpha/carts', state: 'deleted', version: 2n })
  await vi.waitUntil(() => follower.position() === 3n, { timeout: 30_000 })
  expect(told).toEqual([
    { apis: ['api/alpha/carts@1', 'api/alpha/orders@1'], changed: 'all' },
    { apis: ['api/alpha/carts@1', 'api/alpha/orders@2'], changed: ['api/alpha/orders'] },
    { apis: ['api/alpha/orders@2'], changed: ['api/alpha/carts'] },
  ])
})

test('the position is not reached before the new policy was handed over', async () => {
  const { told, follower } = start()
  const read = vi.spyOn(model, 'read')
  const held = Promise.withResolvers<never>()
  read.mockReturnValueOnce(held.promise)
  await put(api('orders', 1n))
  await vi.waitUntil(() => read.mock.calls.length > 0, { timeout: 30_000 })
  expect(follower.position()).toBe(0n)
  held.reject(new Error('gone'))
  await vi.waitUntil(() => follower.position() === 1n, { timeout: 30_000 })
  expect(told.at(-1)).toEqual({ apis: ['api/alpha/orders@1'], changed: ['api/alpha/orders'] })
})

test('a store that is behind the change that it told is asked again', async () => {
  const errors: unknown[] = []
  const { told, follower } = start((error) => errors.push(error))
  vi.spyOn(model, 'read').mockResolvedValueOnce({ positions: { policy: 0n }, values: [undefined] })
  await put(api('orders', 1n))
  await vi.waitUntil(() => follower.position() === 1n, { timeout: 30_000 })
  expect(errors).toHaveLength(1)
  expect(told.at(-1)?.apis).toEqual(['api/alpha/orders@1'])
})

test('a reset loads everything anew', async () => {
  await put(api('orders', 1n))
  const { told, follower } = start()
  await vi.waitUntil(() => follower.position() === 1n, { timeout: 30_000 })
  const candidate = await model.begin()
  await candidate.apply({ source: 'policy', after: 0n, upTo: 2n, writes: [api('carts', 1n)], recordTime: new Date() })
  await candidate.promote()
  await vi.waitUntil(() => follower.position() === 2n, { timeout: 30_000 })
  expect(told.at(-1)).toEqual({ apis: ['api/alpha/carts@1'], changed: 'all' })
})

test('a parked or malformed API is told as unknown until a version that can be read, the others are not', async () => {
  await put(
    api('orders', 1n),
    { key: 'api/alpha/poison', state: 'parked', version: 1n, reason: 'unknown event' },
    { key: 'api/alpha/broken', state: 'live', version: 1n, value: Uint8Array.of(0x0a, 0xff) },
  )
  const { told, unknown, follower } = start()
  await vi.waitUntil(() => follower.position() === 1n, { timeout: 30_000 })
  expect(told).toEqual([{ apis: ['api/alpha/orders@1'], changed: 'all' }])
  expect([...unknown()]).toEqual([
    ['api/alpha/poison', { version: 1n, problem: 'unknown event' }],
    ['api/alpha/broken', { version: 1n, problem: 'malformed view' }],
  ])
  await put(api('poison', 2n), { key: 'api/alpha/broken', state: 'deleted', version: 2n })
  await vi.waitUntil(() => follower.position() === 2n, { timeout: 30_000 })
  expect(told.at(-1)?.apis).toEqual(['api/alpha/orders@1', 'api/alpha/poison@2'])
  expect(unknown().size).toBe(0)
})

test('a policy that cannot be compiled does not count as known', async () => {
  const errors: unknown[] = []
  const onChanged = vi
    .fn()
    .mockImplementationOnce(() => {})
    .mockImplementationOnce(() => {
      throw new Error('cannot compile')
    })
  const follower = followPolicy({ model, onChanged, retryMs: 1, onError: (error) => errors.push(error) })
  model.follow((change) => follower.onChange(change))
  await put(api('orders', 1n))
  await vi.waitUntil(() => follower.position() === 1n, { timeout: 30_000 })
  expect(errors).toHaveLength(1)
  expect(onChanged).toHaveBeenCalledTimes(3)
})
