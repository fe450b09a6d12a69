import type { ClientState } from '@gatehouse/contracts/credential/v1/client'
import {
  ClientView,
  CutoffView,
  RevocationView,
  SubscriptionView,
  SuspensionView,
} from '@gatehouse/contracts/read_model/v1/views'
import { createMemoryModel, createViewCache, type Entry } from '@gatehouse/read-model'
import type { AccessToken } from '@gatehouse/token-verifier'
import { beforeEach, describe, expect, test } from 'vitest'
import { FactParked, loadViews } from './load-views.ts'

const token = (): AccessToken => ({
  ...{ issuer: 'https://auth.example', audience: 'https://auth.example/orders', subject: 'u1' },
  ...{ tokenId: 't1', clientId: 'c1', subscriptionId: 's1', grantId: 'g1', userId: 'u1', originTokenIds: ['t0'] },
  ...{ issuedAt: 0, expiresAt: 4_000_000_000, scopes: [], confirmation: undefined, claims: {} },
})
const live = (key: string, value: Uint8Array, version = 1n): Entry => ({ key, state: 'live', version, value })
const before = CutoffView.encode({ before: new Date(1_000) }).finish()
const revoked = RevocationView.encode({ revokeTime: new Date(1_000), expireTime: undefined }).finish()
const client = (state: ClientState) => ClientView.encode(ClientView.fromPartial({ clientId: 'c1', state })).finish()

describe('what a token leads to', () => {
  let model: ReturnType<typeof createMemoryModel>
  let cache: ReturnType<typeof createViewCache>
  let at: bigint
  beforeEach(async () => {
    model = createMemoryModel()
    cache = createViewCache({ model })
    model.follow((change) => cache.onChange(change))
    at = 0n
    await write(live('client/c1', client(1)))
  })

  const write = (entry: Entry) =>
    model.apply({ source: 'token', after: at, upTo: ++at, writes: [entry], recordTime: new Date() })
  const load = (presented: AccessToken, environmentId = 'alpha') =>
    loadViews(cache, { by: 'token', environmentId, token: presented })

  test('is asked for once, for as long as nothing changes that bears on it', async () => {
    const presented = token()
    const views = load(presented)
    expect(views).toMatchObject({ client: { clientId: 'c1' }, subscription: undefined })
    await write(live('reference_token/alpha/r', new Uint8Array()))
    await write(live('api_key/k', new Uint8Array()))
    expect(load(presented)).toBe(views)
  })

  test.each([
    ['a revocation of it', 'revoked_token/alpha/t1', revoked, { revocations: { token: expect.anything() } }],
    ['a revocation of its origin', 'revoked_token/alpha/t0', revoked, { revocations: { token: expect.anything() } }],
    ['a revocation of its grant', 'revoked_grant/g1', revoked, { revocations: { grant: expect.anything() } }],
    ['a cut-off of its client', 'cutoff/alpha/client/c1', before, { revocations: { clientCutoff: expect.anything() } }],
    ['a cut-off of its user', 'cutoff/alpha/user/u1', before, { revocations: { userCutoff: expect.anything() } }],
    [
      'a cut-off of its environment',
      'cutoff/alpha/environment',
      before,
      { revocations: { environmentCutoff: expect.anything() } },
    ],
    [
      'its user suspended',
      'suspended_user/u1',
      SuspensionView.encode({ suspendTime: undefined }).finish(),
      {
        revocations: { user: expect.anything() },
      },
    ],
    ['a secret of its client revoked', 'secret_cutoff/c1', before, { client: { revokedBefore: new Date(1_000) } }],
    ['its client suspended', 'client/c1', client(2), { client: { state: 2 } }],
    [
      'its subscription',
      'subscription/s1',
      SubscriptionView.encode(SubscriptionView.create()).finish(),
      {
        subscription: expect.anything(),
      },
    ],
  ])('has %s as soon as it is known', async (_, key, value, expected) => {
    const presented = token()
    expect(load(presented)).not.toMatchObject(expected)
    await write(live(key, value, 2n))
    expect(load(presented)).toMatchObject(expected)
  })

  test('is refused when one of it is parked, at every use', async () => {
    const presented = token()
    load(presented)
    await write({ key: 'cutoff/alpha/user/u1', state: 'parked', version: 1n, reason: 'poison' })
    expect(() => load(presented)).toThrow(FactParked)
    expect(() => load(presented)).toThrow(FactParked)
  })

  test('is not that of another environment or another state', async () => {
    const presented = token()
    await write(live('cutoff/beta/environment', before))
    expect(load(presented)).toMatchObject({ revocations: { environmentCutoff: undefined } })
    expect(load(presented, 'beta')).toMatchObject({ revocations: { environmentCutoff: expect.anything() } })
    const other = createViewCache({ model: createMemoryModel() })
    for (let n = cache.denials(); n > other.denials(); ) other.onChange({ type: 'reset', positions: {} })
    expect(loadViews(other, { by: 'token', environmentId: 'alpha', token: presented })).toMatchObject({
      client: undefined,
    })
  })
})

test('a change that comes while the store is asked is looked at by the next use', async () => {
  const { readNow: _, ...remote } = createMemoryModel()
  const cache = createViewCache({ model: remote })
  remote.follow((change) => cache.onChange(change))
  const presented = token()
  const lookup = { by: 'token', environmentId: 'alpha', token: presented } as const
  const first = loadViews(cache, lookup)
  await remote.apply({
    source: 'token',
    after: 0n,
    upTo: 1n,
    writes: [live('revoked_grant/g1', revoked)],
    recordTime: new Date(),
  })
  await first
  expect(await loadViews(cache, lookup)).toMatchObject({ revocations: { grant: expect.anything() } })
})
