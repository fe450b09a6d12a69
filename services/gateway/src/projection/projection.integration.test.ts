import { randomUUID } from 'node:crypto'
import { openRedisModel, type ReadModel, ReadModelUnavailable } from '@gatehouse/read-model'
import { type RedisServer, sharedRedis, startRedis, waitFor } from '@gatehouse/testkit'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { projectionContract, quiet } from './projection.contract.ts'
import { type Projection, startProjection } from './projection.ts'
import { createTestLog, type TestLog } from './test-log.ts'

projectionContract('Redis', async () => {
  const model = openRedisModel({ address: { url: await sharedRedis() }, prefix: randomUUID(), readTimeoutMs: 1_000 })
  await waitFor(() => model.positions(), { what: 'Redis answers' })
  return model
})

describe('when Redis fails', () => {
  let server: RedisServer
  let model: ReadModel
  let logs: { credential: TestLog; policy: TestLog }
  let projection: Projection

  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())
  beforeEach(async () => {
    await server.flushAll()
    logs = { credential: createTestLog(), policy: createTestLog() }
    for (let n = 0; n < 200; n += 1) register(`c${n}`)
    model = openRedisModel({ address: { url: server.url }, readTimeoutMs: 500 })
    projection = startProjection({ model, logs, onPolicy: () => {}, logger: quiet })
    await fresh()
    expect(await projection.credentials.client('c1')).toMatchObject({ state: 'found' })
  })
  afterEach(async () => {
    await projection.close()
    await model.close()
  })

  const fresh = () => waitFor(() => projection.stalenessMs() < 1_000, { what: 'the state is fresh' })
  const register = (clientId: string) => {
    const data = { clientId, environmentId: 'alpha', displayName: '', registerTime: new Date() }
    return logs.credential.append(`client-${clientId}`, { type: 'gatehouse.credential.v1.ClientRegistered', data })
  }

  test('FLUSHALL with nothing going on: unknown at once, filled again from the log by itself', async () => {
    logs.credential.silent = true
    await server.flushAll()
    await waitFor(() => projection.stalenessMs() === Number.POSITIVE_INFINITY, { what: 'the loss is noticed' })
    await expect(projection.credentials.client('c1')).rejects.toThrow(ReadModelUnavailable)
    logs.credential.silent = false
    await fresh()
    expect(projection.positions()?.credential).toBe(200n)
    expect(await projection.credentials.client('c1')).toMatchObject({ state: 'found' })
  })

  test('killed and back empty: stale while it is gone and the log grows, then whole again by itself', async () => {
    await server.kill()
    const position = register('new')
    await waitFor(() => projection.stalenessMs() > 1_200, { what: 'the state is stale' })
    await expect(async () => projection.credentials.client('c2')).rejects.toThrow(ReadModelUnavailable)
    await server.restart()
    expect(await projection.waitFor({ credential: position }, 20_000)).toBe(true)
    await fresh()
    expect(await projection.credentials.client('new')).toMatchObject({ state: 'found' })
  })

  test('a wiped log: what Redis has of it is never fresh', async () => {
    const other = { credential: createTestLog(), policy: createTestLog() }
    const strange = startProjection({ model, logs: other, onPolicy: () => {}, logger: quiet })
    await waitFor(() => strange.positions()?.credential === 200n, { what: 'the model is followed' })
    expect(await strange.waitFor({ credential: 201n }, 1_200)).toBe(false)
    expect(strange.stalenessMs()).toBe(Number.POSITIVE_INFINITY)
    await strange.close()
  })
})
