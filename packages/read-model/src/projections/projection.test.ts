import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import {
  type CredentialEvent,
  credentialEvents,
  encodeEvent,
  policyEvents,
  type TokenEvent,
  tokenEvents,
} from '@gatehouse/contracts/events'
import { ApiKeyView, CutoffView, KeyRingView, ReferenceTokenView } from '@gatehouse/contracts/read_model/v1/views'
import { SigningKeyState } from '@gatehouse/contracts/token/v1/signing_key'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createMemoryModel } from '../memory/memory-model.ts'
import { createProjector } from '../projector.ts'
import { credentialProjection } from './credential.ts'
import { credentialHistory, policyHistory, tokenHistory } from './histories.ts'
import { oracleDigest } from './oracle.ts'
import { policyProjection } from './policy.ts'
import type { Parked, Projection } from './projection.ts'
import { tokenProjection } from './token.ts'

async function project(projection: Projection, batches: readonly (readonly RecordedEvent[])[]) {
  const model = createMemoryModel()
  const parked: Parked[] = []
  const projector = createProjector({ model, projection, onParked: (each) => parked.push(each) })
  for (const events of batches) await projector.onEvents(events)
  return { model, parked }
}

function cut(events: readonly RecordedEvent[], sizes: readonly number[]): RecordedEvent[][] {
  const batches: RecordedEvent[][] = []
  for (let at = 0, n = 0; at < events.length; n += 1) {
    const size = sizes[n % sizes.length] ?? 1
    batches.push(events.slice(at, at + size))
    at += size
  }
  return batches
}

describe.each([
  ['credential', credentialProjection, credentialHistory, credentialEvents],
  ['policy', policyProjection, policyHistory, policyEvents],
  ['token', tokenProjection, tokenHistory, tokenEvents],
] as const)('%s projection', (_, projection, history, events) => {
  test('the histories have every event of the log', () => {
    const types = fc.sample(history, 300).flatMap((recorded) => recorded.map(({ type }) => type))
    expect([...new Set(types)].sort()).toEqual(Object.keys(events).sort())
  })

  test('any valid history, cut anywhere, has the digest of the slow fold', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 })
    const property = fc.asyncProperty(history, sizes, async (events, sizes) => {
      const { model, parked } = await project(projection, cut(events, sizes))
      expect(parked).toEqual([])
      expect((await model.digest()).digest).toBe(oracleDigest(events))
    })
    await fc.assert(property, { numRuns: 300 })
  })

  test('events that are delivered again and again change nothing', async () => {
    const property = fc.asyncProperty(history, fc.integer({ min: 1, max: 7 }), async (events, size) => {
      const batches = cut(events, [size]).flatMap((batch, n, all) => [
        batch,
        ...(n > 0 ? [[...all[n - 1]!, ...batch]] : []),
      ])
      const { model } = await project(projection, batches)
      expect((await model.digest()).digest).toBe(oracleDigest(events))
    })
    await fc.assert(property, { numRuns: 100 })
  })

  test('whatever bytes an event holds, it is applied or its aggregate is parked', async () => {
    const garbage = fc.record({ at: fc.nat(), data: fc.uint8Array({ maxLength: 40 }) })
    const property = fc.asyncProperty(history, garbage, async (events, { at, data }) => {
      if (events.length === 0) return
      const broken = events.map((event, index) => (index === at % events.length ? { ...event, data } : event))
      const { model } = await project(projection, [broken])
      expect((await model.positions())[projection.source]).toBe(BigInt(events.length))
    })
    await fc.assert(property, { numRuns: 200 })
  })
})

const at = (seconds: number) => new Date(seconds * 1000)
type Named<Name extends string> = Extract<CredentialEvent, { type: `gatehouse.credential.v1.ApiKey${Name}` }>

function recorded<Name extends 'Issued' | 'Rotated' | 'Revoked' | 'Resumed' | 'ExpirationChanged'>(
  position: number,
  name: Name,
  data: Named<Name>['data'],
  version = position,
): RecordedEvent {
  const event = { type: `gatehouse.credential.v1.ApiKey${name}`, data } as Named<'Issued'>
  const place = { position: BigInt(position), version: BigInt(version), stream: `api_key-${event.data.apiKeyId}` }
  const bytes = encodeEvent(credentialEvents, event)
  return { ...place, type: event.type, data: bytes, eventId: `e${position}`, recordTime: at(position), traceparent: '' }
}

const issued = (expireTime?: Date, apiKeyId = 'k1'): Named<'Issued'>['data'] => ({
  ...{ apiKeyId, environmentId: 'alpha', clientId: 'c1', subscriptionId: 's1', displayName: '' },
  ...{ digest: new Uint8Array(32), restrictions: undefined, issueTime: at(1), expireTime },
  ...{ predecessorId: '', imported: false },
})

async function viewAfter(...events: RecordedEvent[]): Promise<ApiKeyView> {
  const { model, parked } = await project(credentialProjection, [events])
  expect(parked).toEqual([])
  const stored = model.readNow?.('api_key/k1')
  return ApiKeyView.decode(stored?.state === 'live' ? stored.value : new Uint8Array())
}

const rotated = (position: number, end: Date) =>
  recorded(position, 'Rotated', { apiKeyId: 'k1', successorId: 'k2', rotateTime: at(2), overlapEndTime: end })

describe('a rotated key', () => {
  test('is refused from the end of the overlap', async () => {
    expect((await viewAfter(recorded(1, 'Issued', issued()), rotated(2, at(50)))).expireTime).toEqual(at(50))
  })

  test('keeps an earlier expiration of its own', async () => {
    expect((await viewAfter(recorded(1, 'Issued', issued(at(20))), rotated(2, at(50)))).expireTime).toEqual(at(20))
  })

  test('does not outlive the overlap when its expiration is lifted', async () => {
    const lifted = recorded(3, 'ExpirationChanged', { apiKeyId: 'k1', expireTime: undefined, changeTime: at(3) })
    const view = await viewAfter(recorded(1, 'Issued', issued(at(20))), rotated(2, at(50)), lifted)
    expect(view.expireTime).toEqual(at(50))
  })
})

test('a revoked key stays revoked whatever comes after', async () => {
  const revoked = recorded(2, 'Revoked', { apiKeyId: 'k1', reason: 'leaked', revokeTime: at(2) })
  const resumed = recorded(3, 'Resumed', { apiKeyId: 'k1', resumeTime: at(3) })
  expect((await viewAfter(recorded(1, 'Issued', issued()), revoked, resumed)).state).toBe(3)
})

describe('an event that cannot be applied parks what it belongs to, and only that', () => {
  const first = recorded(1, 'Issued', issued())
  const revoke = { apiKeyId: 'k1', reason: '', revokeTime: at(2) }
  test.each([
    ['an unknown type', { ...recorded(2, 'Revoked', revoke), type: 'gatehouse.credential.v1.ApiKeyBlessed' }],
    [
      'a type of another aggregate',
      { ...recorded(2, 'Revoked', revoke), type: 'gatehouse.credential.v1.ClientResumed' },
    ],
    ['bytes that do not decode', { ...recorded(2, 'Revoked', revoke), data: Uint8Array.of(0x0a, 0xff) }],
    ['a version left out', recorded(2, 'Revoked', revoke, 3)],
    ['a version that was there', recorded(2, 'Revoked', revoke, 1)],
    ['another id than its stream', { ...recorded(2, 'Revoked', { ...revoke, apiKeyId: 'k9' }), stream: 'api_key-k1' }],
    ['a second beginning', recorded(2, 'Issued', issued())],
    [
      'a rotation without an end',
      recorded(2, 'Rotated', { apiKeyId: 'k1', successorId: '', rotateTime: at(1), overlapEndTime: undefined }),
    ],
  ])('%s', async (_, poison) => {
    const other = recorded(3, 'Issued', issued(undefined, 'k2'), 1)
    const later = recorded(4, 'Resumed', { apiKeyId: 'k1', resumeTime: at(4) }, 3)
    for (const batches of [[[first, poison, other, later]], [[first], [poison], [other], [later]]]) {
      const { model, parked } = await project(credentialProjection, batches)
      expect(parked).toMatchObject([{ key: 'api_key/k1', position: 2n, type: poison.type }])
      expect(model.readNow?.('api_key/k1')).toMatchObject({ state: 'parked' })
      expect(model.readNow?.('api_key/k2')).toMatchObject({ state: 'live' })
      expect((await model.positions()).credential).toBe(4n)
    }
  })

  test('a stream that no view belongs to', async () => {
    const strange = {
      ...recorded(1, 'Revoked', revoke),
      stream: 'consent-g1',
      type: 'gatehouse.credential.v1.GrantGiven',
    }
    const { parked } = await project(credentialProjection, [[strange]])
    expect(parked).toMatchObject([{ key: 'parked/consent-g1~', position: 1n }])
  })

  test('a change of what was never begun', async () => {
    const { model, parked } = await project(credentialProjection, [[recorded(1, 'Revoked', revoke)]])
    expect(parked).toHaveLength(1)
    expect(model.readNow?.('api_key/k1')).toMatchObject({ state: 'parked' })
  })
})

const tokenType = 'gatehouse.token.v1'

/** The token log with these events, every stream from version 1. */
function tokenLog(...chosen: readonly (readonly [stream: string, event: TokenEvent])[]): RecordedEvent[] {
  const versions = new Map<string, bigint>()
  return chosen.map(([stream, event], index) => {
    const version = (versions.get(stream) ?? 0n) + 1n
    versions.set(stream, version)
    const place = { position: BigInt(index + 1), version, stream }
    const bytes = encodeEvent(tokenEvents, event)
    return { ...place, type: event.type, data: bytes, eventId: `e${index}`, recordTime: at(index), traceparent: '' }
  })
}

const keyEvent = (name: 'Activated' | 'Removed', environmentId = 'alpha'): TokenEvent => {
  const about = { keyId: 'k1', environmentId }
  return name === 'Activated'
    ? { type: `${tokenType}.SigningKeyActivated`, data: { ...about, activateTime: at(2) } }
    : { type: `${tokenType}.SigningKeyRemoved`, data: { ...about, reason: 'leaked', removeTime: at(3) } }
}
const published = (keyId = 'k1'): TokenEvent => {
  const about = { keyId, environmentId: 'alpha', algorithm: 1, publicJwk: '{"kty":"EC"}', publishTime: at(1) } as const
  return { type: `${tokenType}.SigningKeyPublished`, data: about }
}

async function ringAfter(...events: readonly TokenEvent[]) {
  const log = tokenLog(...events.map((event) => ['key_ring-alpha', event] as const))
  const { model, parked } = await project(tokenProjection, [log])
  const stored = model.readNow?.('key_ring/alpha')
  return { parked, keys: stored?.state === 'live' ? KeyRingView.decode(stored.value).signingKeys : stored?.state }
}

describe('a signing key', () => {
  test('that was removed comes back by no event, and without its key', async () => {
    const { keys } = await ringAfter(published(), keyEvent('Removed'), keyEvent('Activated'))
    expect(keys).toMatchObject([{ keyId: 'k1', state: SigningKeyState.SIGNING_KEY_STATE_REMOVED, publicJwk: '' }])
  })

  test.each([
    ['is published twice', [published(), published()]],
    ['is published again after its removal', [published(), keyEvent('Removed'), published()]],
    ['was never published', [keyEvent('Activated')]],
    ['is of another environment', [published(), keyEvent('Removed', 'beta')]],
  ])('that %s parks the keys of its environment', async (_, events) => {
    const { parked, keys } = await ringAfter(...events)
    expect(parked).toMatchObject([{ key: 'key_ring/alpha' }])
    expect(keys).toBe('parked')
  })
})

test('of several cut-offs the latest time counts, whatever their order', async () => {
  const cut = (seconds: number) => {
    const about = { environmentId: 'alpha', subject: 1, subjectId: 'c1', reason: '', revokeTime: at(9) } as const
    const data = { ...about, before: at(seconds) }
    return ['cutoff-alpha.client.c1', { type: `${tokenType}.TokensRevokedBefore`, data }] as const
  }
  const { model } = await project(tokenProjection, [tokenLog(cut(5), cut(7), cut(6))])
  const stored = model.readNow?.('cutoff/alpha/client/c1')
  expect(CutoffView.decode(stored?.state === 'live' ? stored.value : new Uint8Array()).before).toEqual(at(7))
})

describe('a deny list whose event cannot be applied is parked', () => {
  const revokedAt = { revokeTime: at(1), expireTime: at(9_999_999_999) }
  const token = { environmentId: 'alpha', tokenId: 't1', clientId: 'c1', reason: '', ...revokedAt }
  const suspended = { userId: 'u1', environmentId: 'alpha', reason: '', suspendTime: at(1) }
  test.each([
    [
      'revoked_token/alpha/t1',
      'token-alpha.t1',
      { type: `${tokenType}.TokenRevoked`, data: { ...token, tokenId: 't2' } },
    ],
    ['cutoff/alpha/user/u1', 'cutoff-alpha.user.u1', { type: `${tokenType}.UserSuspended`, data: suspended }],
    ['suspended_user/u2', 'user-u2', { type: `${tokenType}.UserSuspended`, data: suspended }],
    ['revoked_grant/g1', 'grant-g1', { type: `${tokenType}.UserSuspended`, data: suspended }],
  ] as const)('%s', async (key, stream, event) => {
    const { model, parked } = await project(tokenProjection, [tokenLog([stream, event])])
    expect(parked).toMatchObject([{ key, position: 1n }])
    expect(model.readNow?.(key)).toMatchObject({ state: 'parked' })
  })

  test('a second event of a reference token leaves the first as it is', async () => {
    const token = { tokenId: 'r1', environmentId: 'alpha', form: 3, content: Buffer.from('x') } as const
    const data = { referenceToken: { ...token, expireTime: at(9_999_999_999) } }
    const issued = ['reference_token-r1', { type: `${tokenType}.ReferenceTokenIssued`, data }] as const
    const other = { ...data.referenceToken, content: Buffer.from('y') }
    const again = { ...issued[1], data: { referenceToken: other } }
    const { model } = await project(tokenProjection, [tokenLog(issued, [issued[0], again])])
    const stored = model.readNow?.('reference_token/alpha/r1')
    expect(ReferenceTokenView.decode(stored?.state === 'live' ? stored.value : new Uint8Array()).content).toEqual(
      Buffer.from('x'),
    )
  })
})

test('a secret whose event cannot be applied parks what its client got by secrets', async () => {
  const data = { clientSecretId: 's1', environmentId: 'alpha', clientId: 'c1', displayName: '' }
  const issued = { ...data, digest: new Uint8Array(32), issueTime: at(1), expireTime: undefined }
  const bytes = encodeEvent(credentialEvents, { type: 'gatehouse.credential.v1.ClientSecretIssued', data: issued })
  const first = { stream: 'client_secret-s1', type: 'gatehouse.credential.v1.ClientSecretIssued', data: bytes }
  const rest = { recordTime: at(1), traceparent: '' }
  const events = [
    { ...first, position: 1n, version: 1n, eventId: 'e1', ...rest },
    { ...first, position: 2n, version: 2n, eventId: 'e2', type: 'gatehouse.credential.v1.ClientSecretShared', ...rest },
  ]
  for (const batches of [[events], events.map((event) => [event])]) {
    const { model } = await project(credentialProjection, batches)
    expect(model.readNow?.('client_secret/s1')).toMatchObject({ state: 'parked' })
    expect(model.readNow?.('secret_cutoff/c1')).toMatchObject({ state: 'parked', version: 2n })
  }
})
