import { randomUUID } from 'node:crypto'
import {
  createProjector,
  credentialProjection,
  openRedisModel,
  type ReadModel,
  ReadModelUnavailable,
} from '@gatehouse/read-model'
import { type RedisServer, sharedRedis, startRedis, waitFor } from '@gatehouse/testkit'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { decisionStateContract, quiet } from './decision-state.contract.ts'
import { type DecisionState, openDecisionState } from './decision-state.ts'
import { createTestLogs, type TestLogs } from './testing/test-log.ts'

decisionStateContract('Redis', async () => {
  const model = openRedisModel({ address: { url: await sharedRedis() }, prefix: randomUUID(), readTimeoutMs: 1_000 })
  await waitFor(() => model.positions(), { what: 'Redis answers' })
  return model
})

describe('when Redis fails', () => {
  let server: RedisServer
  let model: ReadModel
  let logs: TestLogs
  let state: DecisionState

  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())
  beforeEach(async () => {
    await server.flushAll()
    logs = createTestLogs()
    for (let n = 0; n < 200; n += 1) register(`c${n}`)
    model = openRedisModel({ address: { url: server.url }, readTimeoutMs: 500 })
    state = openDecisionState({ model, logs, logger: quiet })
    await fresh()
    expect(await state.credentials.client('c1')).toMatchObject({ state: 'found' })
  })
  afterEach(async () => {
    await state.close()
    await model.close()
  })

  const fresh = () => waitFor(() => state.stalenessMs() < 1_000, { what: 'the state is fresh' })
  const register = (clientId: string) => {
    const data = {
      clientId,
      environmentId: 'alpha',
      displayName: '',
      registerTime: new Date(),
      registration: undefined,
    }
    return logs.credential.append(`client-${clientId}`, { type: 'gatehouse.credential.v1.ClientRegistered', data })
  }

  test('FLUSHALL with nothing going on: unknown at once, filled again from the log by itself', async () => {
    logs.credential.silent = true
    await server.flushAll()
    await waitFor(() => state.stalenessMs() === Number.POSITIVE_INFINITY, { what: 'the loss is noticed' })
    await expect(state.credentials.client('c1')).rejects.toThrow(ReadModelUnavailable)
    logs.credential.silent = false
    await fresh()
    expect(state.positions()?.credential).toBe(200n)
    expect(await state.credentials.client('c1')).toMatchObject({ state: 'found' })
  })

  describe('a process that starts while no log answers', () => {
    let second: DecisionState | undefined
    beforeEach(() => waitFor(() => model.wholeMark(), { what: 'the state is marked as whole' }))
    afterEach(() => second?.close())

    async function startWithoutLogs() {
      await state.close()
      for (const log of Object.values(logs)) log.down = true
      second = openDecisionState({ model, logs, logger: quiet })
      await waitFor(() => logs.credential.refused > 2 && logs.policy.refused > 2, { what: 'the logs were asked' })
      return second
    }

    test('decides on what Redis has, and knows how old that is', async () => {
      const started = await startWithoutLogs()
      await waitFor(() => Number.isFinite(started.stalenessMs()), { what: 'the mark is gone by' })
      expect(started.stalenessMs()).toBeLessThan(30_000)
      expect(started.provenStalenessMs()).toBe(Number.POSITIVE_INFINITY)
      expect(await started.credentials.client('c1')).toMatchObject({ state: 'found' })
    })

    test('knows nothing after FLUSHALL', async () => {
      for (const log of Object.values(logs)) log.down = true
      await server.flushAll()
      const started = await startWithoutLogs()
      expect(started.positions()).toEqual({ credential: 0n, policy: 0n, token: 0n })
      expect(started.stalenessMs()).toBe(Number.POSITIVE_INFINITY)
    })

    test('knows nothing in the middle of a fold, where a suspended client still seems active', async () => {
      logs.credential.append('client-c1', {
        type: 'gatehouse.credential.v1.ClientSuspended',
        data: { clientId: 'c1', reason: '', suspendTime: new Date() },
      })
      await state.waitFor({ credential: 201n }, 30_000)
      logs.credential.silent = true
      await server.flushAll()
      await waitFor(() => state.stalenessMs() === Number.POSITIVE_INFINITY, { what: 'the loss is noticed' })
      await state.close()
      const projector = createProjector({ model, projection: credentialProjection })
      await projector.onEvents(logs.credential.events.slice(0, 150))
      const started = await startWithoutLogs()
      expect(started.positions()?.credential).toBe(150n)
      expect(started.stalenessMs()).toBe(Number.POSITIVE_INFINITY)
    })

    test('goes by no mark again once it has seen the model lose events', async () => {
      const started = await startWithoutLogs()
      await waitFor(() => Number.isFinite(started.stalenessMs()), { what: 'the mark is gone by' })
      await server.flushAll()
      await waitFor(() => started.stalenessMs() === Number.POSITIVE_INFINITY, { what: 'the loss is noticed' })
      await model.markWhole({ positions: {}, ageMs: 0 })
      logs.credential.down = true
      await waitFor(() => logs.credential.refused > 2, { what: 'the log was asked' })
      expect(started.stalenessMs()).toBe(Number.POSITIVE_INFINITY)
    })
  })

  test('killed and back empty: stale while it is gone and the log grows, then whole again by itself', async () => {
    await server.kill()
    const position = register('new')
    await waitFor(() => state.stalenessMs() > 1_200, { what: 'the state is stale' })
    await expect(async () => state.credentials.client('c2')).rejects.toThrow(ReadModelUnavailable)
    await server.restart()
    expect(await state.waitFor({ credential: position }, 30_000)).toBe(true)
    await fresh()
    expect(await state.credentials.client('new')).toMatchObject({ state: 'found' })
  })

  test('a wiped log: what Redis has of it is never fresh', async () => {
    const other = createTestLogs()
    const strange = openDecisionState({ model, logs: other, logger: quiet })
    await waitFor(() => strange.positions()?.credential === 200n, { what: 'the model is followed' })
    expect(await strange.waitFor({ credential: 201n }, 1_200)).toBe(false)
    expect(strange.stalenessMs()).toBe(Number.POSITIVE_INFINITY)
    await strange.close()
  })
})
