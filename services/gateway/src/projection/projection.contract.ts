import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { Api } from '@gatehouse/contracts/policy/v1/api'
import type { Parked, ReadModel } from '@gatehouse/read-model'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Projection, startProjection } from './projection.ts'
import { rebuildFromLogs } from './rebuild.ts'
import { createTestLog, type TestLog } from './test-log.ts'

export const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const until = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 10_000, interval: 5 })

/** What the projection must do on every read model. */
export function projectionContract(name: string, openModel: () => Promise<ReadModel>): void {
  describe(`projection on ${name}`, () => {
    let model: ReadModel
    let logs: { credential: TestLog; policy: TestLog }
    let projection: Projection
    let apis: string[]
    let propagated: number[]
    let parked: Parked[]
    let applied: RecordedEvent[]

    beforeEach(async () => {
      model = await openModel()
      logs = { credential: createTestLog(), policy: createTestLog() }
      apis = []
      propagated = []
      parked = []
      applied = []
      projection = startProjection({
        model,
        logs,
        onPolicy: (views) => {
          apis = [...views.apis.keys()]
        },
        hooks: {
          onApplied: (_, events) => applied.push(...events),
          onPropagated: (_, seconds) => propagated.push(seconds),
          onParked: (each) => parked.push(each),
        },
        logger: quiet,
      })
    })
    afterEach(async () => {
      await projection.close()
      await model.close()
    })

    const register = (clientId: string) => {
      const data = { clientId, environmentId: 'alpha', displayName: '', registerTime: new Date() }
      return logs.credential.append(`client-${clientId}`, { type: 'gatehouse.credential.v1.ClientRegistered', data })
    }
    const suspend = (clientId: string) => {
      const data = { clientId, reason: '', suspendTime: new Date() }
      return logs.credential.append(`client-${clientId}`, { type: 'gatehouse.credential.v1.ClientSuspended', data })
    }
    const publish = (apiId: string) => {
      const api = Api.fromPartial({ environmentId: 'alpha', apiId })
      const data = { api, publishTime: new Date() }
      return logs.policy.append(`api-alpha.${apiId}`, { type: 'gatehouse.policy.v1.ApiPublished', data })
    }

    test('empty logs are reached without an event', async () => {
      await until(() => projection.stalenessMs() < 1_000)
      expect(projection.positions()).toEqual({ credential: 0n, policy: 0n })
    })

    test('who waits for the position of a write sees the write', async () => {
      register('c1')
      const policy = publish('orders')
      expect(await projection.waitFor({ credential: suspend('c1'), policy }, 5_000)).toBe(true)
      expect(await projection.credentials.client('c1')).toMatchObject({ view: { state: 2 } })
      expect(apis).toEqual(['api/alpha/orders'])
      expect(applied.map(({ position }) => position)).toHaveLength(3)
    })

    test('an answer kept from before is not given after the position was waited for', async () => {
      await projection.waitFor({ credential: register('c1') }, 5_000)
      expect(await projection.credentials.client('c1')).toMatchObject({ view: { state: 1 } })
      expect(projection.credentials.client('c1')).not.toBeInstanceOf(Promise)
      await projection.waitFor({ credential: suspend('c1') }, 5_000)
      expect(await projection.credentials.client('c1')).toMatchObject({ view: { state: 2 } })
    })

    test('every change is measured from its commit', async () => {
      await projection.waitFor({ credential: register('c1') }, 5_000)
      expect(propagated).toHaveLength(1)
      expect(propagated[0]).toBeGreaterThanOrEqual(0)
      expect(propagated[0]).toBeLessThan(5)
    })

    test('an event that cannot be applied parks its client and raises the alarm, others go on', async () => {
      suspend('never-registered')
      expect(await projection.waitFor({ credential: register('c2') }, 5_000)).toBe(true)
      await until(() => parked.length > 0)
      expect(parked).toMatchObject([{ key: 'client/never-registered', position: 1n }])
      expect(await projection.credentials.client('never-registered')).toMatchObject({ state: 'parked' })
      expect(await projection.credentials.client('c2')).toMatchObject({ state: 'found' })
    })

    test('when no events come any more while the log grows, the staleness grows', async () => {
      await projection.waitFor({ credential: register('c1') }, 5_000)
      await until(() => projection.stalenessMs() < 600)
      logs.credential.silent = true
      const position = suspend('c1')
      await until(() => projection.stalenessMs() > 1_500)
      expect(await projection.waitFor({ credential: position }, 10)).toBe(false)
      logs.credential.silent = false
      expect(await projection.waitFor({ credential: position }, 5_000)).toBe(true)
      await until(() => projection.stalenessMs() < 600)
    })

    test('a rebuild while events come in ends at the digest of the running model and is followed', async () => {
      for (let n = 0; n < 120; n += 1) register(`c${n}`)
      publish('orders')
      await projection.waitFor({ credential: 120n, policy: 1n }, 5_000)
      let rebuilding = true
      const writing = (async () => {
        for (let n = 120; rebuilding && n < 130; n += 1)
          await projection.waitFor({ credential: register(`c${n}`) }, 5_000)
      })()
      const { identical } = await rebuildFromLogs({ model, logs })
      rebuilding = false
      await writing
      expect(identical).toBe(true)
      expect(await projection.waitFor({ credential: suspend('c3'), policy: publish('carts') }, 5_000)).toBe(true)
      expect(await projection.credentials.client('c3')).toMatchObject({ view: { state: 2 } })
      expect(apis.toSorted()).toEqual(['api/alpha/carts', 'api/alpha/orders'])
      const again = await rebuildFromLogs({ model, logs })
      expect(again).toMatchObject({ identical: true, digest: (await model.digest()).digest })
    })

    test('a second process on the same model feeds and follows it without harm', async () => {
      const second = startProjection({ model, logs, onPolicy: () => {}, logger: quiet })
      for (let n = 0; n < 50; n += 1) register(`c${n}`)
      const position = suspend('c7')
      await Promise.all([projection, second].map((each) => each.waitFor({ credential: position }, 5_000)))
      for (const { credentials } of [projection, second])
        expect(await credentials.client('c7')).toMatchObject({ view: { state: 2, version: 2n } })
      expect(applied.length).toBeLessThanOrEqual(51)
      await second.close()
    })
  })
}
