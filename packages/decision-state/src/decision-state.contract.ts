import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { Api, ApiState } from '@gatehouse/contracts/policy/v1/api'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { matchInEnvironment } from '@gatehouse/policy-engine'
import type { Parked, ReadModel } from '@gatehouse/read-model'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type DecisionState, openDecisionState } from './decision-state.ts'
import { FactParked } from './load-views.ts'
import { rebuildFromLogs } from './rebuild.ts'
import { createTestLogs, type TestLogs } from './testing/test-log.ts'

export const quiet = { debug() {}, info() {}, warn() {}, error() {} }
const until = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 30_000, interval: 5 })

/** What the state of a decider must do on every read model. */
export function decisionStateContract(name: string, openModel: () => Promise<ReadModel>): void {
  describe(`decision state on ${name}`, () => {
    let model: ReadModel
    let logs: TestLogs
    let state: DecisionState
    let propagated: number[]
    let parked: Parked[]
    let applied: RecordedEvent[]

    beforeEach(async () => {
      model = await openModel()
      logs = createTestLogs()
      propagated = []
      parked = []
      applied = []
      state = openDecisionState({
        model,
        logs,
        hooks: {
          onApplied: (_, events) => applied.push(...events),
          onPropagated: (_, seconds) => propagated.push(seconds),
          onParked: (each) => parked.push(each),
        },
        logger: quiet,
      })
    })
    afterEach(async () => {
      await state.close()
      await model.close()
    })

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
    const suspend = (clientId: string) => {
      const data = { clientId, reason: '', suspendTime: new Date() }
      return logs.credential.append(`client-${clientId}`, { type: 'gatehouse.credential.v1.ClientSuspended', data })
    }
    const publishKey = (keyId: string, environmentId = 'alpha') => {
      const about = { keyId, environmentId, algorithm: 1, publicJwk: '{}', publishTime: new Date() } as const
      const event = { type: 'gatehouse.token.v1.SigningKeyPublished', data: about } as const
      return logs.token.append(`key_ring-${environmentId}`, event)
    }
    const removeKey = (keyId: string) => {
      const data = { keyId, environmentId: 'alpha', reason: 'leaked', removeTime: new Date() }
      return logs.token.append('key_ring-alpha', { type: 'gatehouse.token.v1.SigningKeyRemoved', data })
    }
    const revokeToken = (tokenId: string) => {
      const times = { revokeTime: new Date(), expireTime: new Date(Date.now() + 3_600_000) }
      const data = { environmentId: 'alpha', tokenId, clientId: 'c1', reason: '', ...times }
      return logs.token.append(`token-alpha.${tokenId}`, { type: 'gatehouse.token.v1.TokenRevoked', data })
    }
    const keysOf = (environmentId: string) =>
      state
        .signingKeys()
        .of(environmentId)
        .map(({ keyId }) => keyId)
    const apis = () => [...(state.policy().environment('alpha')?.apis.keys() ?? [])].toSorted()
    const alpha = () => {
      const environment = Environment.fromPartial({ environmentId: 'alpha' })
      const data = { environment, putTime: new Date() }
      return logs.policy.append('environment-alpha', { type: 'gatehouse.policy.v1.EnvironmentPut', data })
    }
    const publish = (apiId: string) => {
      const api = Api.fromPartial({ environmentId: 'alpha', apiId, state: ApiState.API_STATE_PUBLISHED })
      const data = { api, publishTime: new Date() }
      return logs.policy.append(`api-alpha.${apiId}`, { type: 'gatehouse.policy.v1.ApiPublished', data })
    }

    test('empty logs are reached without an event', async () => {
      await until(() => state.stalenessMs() < 1_000)
      expect(state.positions()).toEqual({ credential: 0n, policy: 0n, token: 0n })
    })

    test('who waits for the position of a write sees the write', async () => {
      register('c1')
      alpha()
      const policy = publish('orders')
      expect(await state.waitFor({ credential: suspend('c1'), policy }, 30_000)).toBe(true)
      expect(await state.credentials.client('c1')).toMatchObject({ view: { state: 2 } })
      expect(apis()).toEqual(['orders'])
      expect(applied.map(({ position }) => position)).toHaveLength(4)
    })

    test('an answer kept from before is not given after the position was waited for', async () => {
      await state.waitFor({ credential: register('c1') }, 30_000)
      expect(await state.credentials.client('c1')).toMatchObject({ view: { state: 1 } })
      expect(state.credentials.client('c1')).not.toBeInstanceOf(Promise)
      await state.waitFor({ credential: suspend('c1') }, 30_000)
      expect(await state.credentials.client('c1')).toMatchObject({ view: { state: 2 } })
    })

    test('every change is measured from its commit', async () => {
      await state.waitFor({ credential: register('c1') }, 30_000)
      expect(propagated).toHaveLength(1)
      expect(propagated[0]).toBeGreaterThanOrEqual(0)
      expect(propagated[0]).toBeLessThan(30)
    })

    test('an event that cannot be applied parks its client and raises the alarm, others go on', async () => {
      suspend('never-registered')
      expect(await state.waitFor({ credential: register('c2') }, 30_000)).toBe(true)
      await until(() => parked.length > 0)
      expect(parked).toMatchObject([{ key: 'client/never-registered', position: 1n }])
      expect(await state.credentials.client('never-registered')).toMatchObject({ state: 'parked' })
      expect(await state.credentials.client('c2')).toMatchObject({ state: 'found' })
    })

    test('an API whose event cannot be applied is refused as unusable, not as unknown', async () => {
      alpha()
      publish('orders')
      const data = { environmentId: 'alpha', apiId: 'carts', retireTime: new Date() }
      const policy = logs.policy.append('api-alpha.carts', { type: 'gatehouse.policy.v1.ApiRetired', data })
      expect(await state.waitFor({ policy }, 30_000)).toBe(true)
      const environment = state.policy().environment('alpha')
      expect(matchInEnvironment(environment, 'GET', '/carts/1')).toMatchObject({ reason: 'api_unusable' })
      expect(matchInEnvironment(environment, 'GET', '/wishes/1')).toMatchObject({ reason: 'no_api' })
      expect(matchInEnvironment(environment, 'GET', '/orders/1')).toMatchObject({ reason: 'no_operation' })
    })

    test('who waits for the position of a signing key or a revocation sees it', async () => {
      publishKey('k1')
      expect(await state.waitFor({ token: publishKey('k2') }, 30_000)).toBe(true)
      expect(keysOf('alpha')).toEqual(['k1', 'k2'])
      expect(state.signingKeys().find('alpha', 'k2')).toMatchObject({ environmentId: 'alpha', publicJwk: '{}' })
      expect(state.signingKeys().find('beta', 'k2')).toBeUndefined()
      expect(await state.credentials.revokedToken('alpha', 't1')).toEqual({ state: 'absent' })
      expect(await state.waitFor({ token: revokeToken('t1') }, 30_000)).toBe(true)
      expect(await state.credentials.revokedToken('alpha', 't1')).toMatchObject({ state: 'found' })
      expect(await state.waitFor({ token: removeKey('k1') }, 30_000)).toBe(true)
      expect(keysOf('alpha')).toEqual(['k2'])
    })

    test('an event of the signing keys that cannot be applied denies their environment, and no other', async () => {
      publishKey('k1')
      publishKey('k1', 'beta')
      expect(await state.waitFor({ token: removeKey('never-published') }, 30_000)).toBe(true)
      expect(parked).toMatchObject([{ key: 'key_ring/alpha', position: 3n }])
      expect(() => state.signingKeys().find('alpha', 'k1')).toThrow(FactParked)
      expect(() => keysOf('alpha')).toThrow(FactParked)
      expect(keysOf('beta')).toEqual(['k1'])
    })

    test('a cut-off that cannot be applied is parked for whom it is about', async () => {
      const about = { environmentId: 'alpha', subject: 1, subjectId: 'c1', before: undefined } as const
      const data = { ...about, reason: '', revokeTime: new Date() }
      const event = { type: 'gatehouse.token.v1.TokensRevokedBefore', data } as const
      await state.waitFor({ token: logs.token.append('cutoff-alpha.client.c1', event) }, 30_000)
      expect(await state.credentials.cutoff('alpha', { kind: 'client', id: 'c1' })).toMatchObject({ state: 'parked' })
      expect(await state.credentials.cutoff('alpha', { kind: 'client', id: 'c2' })).toEqual({ state: 'absent' })
    })

    test('events that no view is made of move the position', async () => {
      const data = { sessionId: 's1', environmentId: 'alpha', userId: 'u1', endTime: new Date() }
      const token = logs.token.append('session-s1', { type: 'gatehouse.token.v1.SessionEnded', data })
      expect(await state.waitFor({ token }, 30_000)).toBe(true)
      expect(parked).toEqual([])
    })

    test('a token log that goes on unheard makes the state stale', async () => {
      await until(() => state.provenStalenessMs() < 600)
      logs.token.silent = true
      const token = revokeToken('t1')
      await until(() => state.stalenessMs() > 1_200)
      logs.token.silent = false
      expect(await state.waitFor({ token }, 30_000)).toBe(true)
      await until(() => state.provenStalenessMs() < 600)
    })

    describe('a process that starts while a log does not answer', () => {
      async function stopAndStart() {
        await state.close()
        logs.credential.down = true
        state = openDecisionState({ model, logs, logger: quiet })
      }
      const marked = () => vi.waitUntil(() => model.wholeMark(), { timeout: 30_000 })

      test('goes by the mark of one that knew the state whole, and proves nothing by it', async () => {
        await state.waitFor({ credential: register('c1') }, 30_000)
        await marked()
        await stopAndStart()
        await until(() => Number.isFinite(state.stalenessMs()))
        expect(state.stalenessMs()).toBeLessThan(20_000)
        expect(state.provenStalenessMs()).toBe(Number.POSITIVE_INFINITY)
        expect(await state.credentials.client('c1')).toMatchObject({ view: { state: 1 } })
        logs.credential.down = false
        const position = suspend('c1')
        expect(await state.waitFor({ credential: position }, 30_000)).toBe(true)
        await until(() => state.provenStalenessMs() < 1_000)
      })

      test('knows nothing without a mark', async () => {
        await state.close()
        const begun = await model.begin()
        await begun.promote()
        await stopAndStart()
        await until(() => logs.credential.refused > 2)
        expect(state.positions()).toBeDefined()
        expect(state.stalenessMs()).toBe(Number.POSITIVE_INFINITY)
      })
    })

    test('a log that answers is waited for, whatever the mark says', async () => {
      await state.waitFor({ credential: register('c1') }, 30_000)
      await vi.waitUntil(() => model.wholeMark(), { timeout: 30_000 })
      await state.close()
      logs.credential.silent = true
      suspend('c1')
      state = openDecisionState({ model, logs, logger: quiet })
      await until(() => logs.credential.asked > 4)
      expect(state.stalenessMs()).toBe(Number.POSITIVE_INFINITY)
      logs.credential.silent = false
      await until(() => state.provenStalenessMs() < 1_000)
      expect(await state.credentials.client('c1')).toMatchObject({ view: { state: 2 } })
    })

    test('when no events come any more while the log grows, the staleness grows', async () => {
      await state.waitFor({ credential: register('c1') }, 30_000)
      await until(() => state.stalenessMs() < 600)
      logs.credential.silent = true
      const position = suspend('c1')
      await until(() => state.stalenessMs() > 1_500)
      expect(await state.waitFor({ credential: position }, 10)).toBe(false)
      logs.credential.silent = false
      expect(await state.waitFor({ credential: position }, 30_000)).toBe(true)
      await until(() => state.stalenessMs() < 600)
    })

    test('a rebuild while events come in ends at the digest of the running model and is followed', async () => {
      for (let n = 0; n < 120; n += 1) register(`c${n}`)
      alpha()
      publish('orders')
      publishKey('k1')
      for (let n = 0; n < 120; n += 1) revokeToken(`t${n}`)
      await state.waitFor({ credential: 120n, policy: 2n, token: 121n }, 30_000)
      let rebuilding = true
      const writing = (async () => {
        for (let n = 120; rebuilding && n < 130; n += 1) await state.waitFor({ credential: register(`c${n}`) }, 30_000)
      })()
      const { identical } = await rebuildFromLogs({ model, logs })
      rebuilding = false
      await writing
      expect(identical).toBe(true)
      expect(await state.waitFor({ credential: suspend('c3'), policy: publish('carts') }, 30_000)).toBe(true)
      expect(await state.credentials.client('c3')).toMatchObject({ view: { state: 2 } })
      expect(apis()).toEqual(['carts', 'orders'])
      const again = await rebuildFromLogs({ model, logs })
      expect(again).toMatchObject({ identical: true, digest: (await model.digest(again.aliveAtMs)).digest })
      expect(await state.credentials.revokedToken('alpha', 't7')).toMatchObject({ state: 'found' })
      expect(keysOf('alpha')).toEqual(['k1'])
    })

    test('a second process on the same model feeds and follows it without harm', async () => {
      const second = openDecisionState({ model, logs, logger: quiet })
      for (let n = 0; n < 50; n += 1) register(`c${n}`)
      const position = suspend('c7')
      await Promise.all([state, second].map((each) => each.waitFor({ credential: position }, 30_000)))
      for (const { credentials } of [state, second])
        expect(await credentials.client('c7')).toMatchObject({ view: { state: 2, version: 2n } })
      expect(applied.length).toBeLessThanOrEqual(51)
      await second.close()
    })
  })
}
