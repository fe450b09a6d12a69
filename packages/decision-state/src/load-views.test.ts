import {
  ClientView,
  CutoffView,
  RevocationView,
  SubscriptionView,
  SuspensionView,
} from '@gatehouse/contracts/read_model/v1/views'
import { createMemoryModel, createViewCache, type ReadModel, type ViewCache } from '@gatehouse/read-model'
import type { AccessToken } from '@gatehouse/token-verifier'
import { beforeEach, describe, expect, test } from 'vitest'
import { FactParked, loadViews } from './load-views.ts'

const token: AccessToken = {
  ...{ issuer: 'https://a', subject: 'u1', audience: 'https://a/orders', clientId: 'c1', tokenId: 'j1' },
  ...{ issuedAt: 1, expiresAt: 2, scopes: [], subscriptionId: 's1', grantId: 'g1', userId: 'u1' },
  ...{ originTokenIds: ['j0'], confirmation: undefined, claims: {} },
}
const before = new Date(1000)

let model: ReadModel
let put: (key: string, value: Uint8Array | undefined) => Promise<void>

/** The views as this process knows them at once, or as it has to fetch them. */
function cacheOf(fetched: boolean): ViewCache {
  const { readNow: _, ...remote } = model
  const cache = createViewCache({ model: fetched ? remote : model })
  model.follow((change) => cache.onChange(change))
  return cache
}

beforeEach(() => {
  model = createMemoryModel()
  let after = 0n
  put = async (key, value) => {
    const version = after + 1n
    const write = value
      ? ({ key, state: 'live', version, value } as const)
      : ({ key, state: 'parked', version, reason: 'test' } as const)
    await model.apply({ source: 'token', after, upTo: version, writes: [write], recordTime: new Date() })
    after = version
  }
})

describe.each([
  ['known at once', false],
  ['fetched', true],
])('what revokes a token, %s', (_, fetched) => {
  const load = async (of = token) => loadViews(cacheOf(fetched), { by: 'token', environmentId: 'alpha', token: of })

  test('nothing is there: absence everywhere, and that it was looked up', async () => {
    const nothing = { token: undefined, grant: undefined, user: undefined }
    const noCutoffs = { clientCutoff: undefined, userCutoff: undefined, environmentCutoff: undefined }
    expect(await load()).toEqual({
      ...{ apiKey: undefined, client: undefined, subscription: undefined },
      revocations: { ...nothing, ...noCutoffs },
    })
  })

  test('each list is read under the name of the token', async () => {
    const revocation = RevocationView.encode({ revokeTime: before, expireTime: undefined }).finish()
    const cutoff = (seconds: number) => CutoffView.encode({ before: new Date(seconds * 1000) }).finish()
    await put('client/c1', ClientView.encode({ ...ClientView.create(), clientId: 'c1' }).finish())
    await put('subscription/s1', SubscriptionView.encode({ ...SubscriptionView.create(), planId: 'p' }).finish())
    await put('revoked_grant/g1', revocation)
    await put('suspended_user/u1', SuspensionView.encode({ suspendTime: before }).finish())
    await put('cutoff/alpha/client/c1', cutoff(1))
    await put('cutoff/alpha/user/u1', cutoff(2))
    await put('cutoff/alpha/environment', cutoff(3))
    const views = await load()
    expect(views).toMatchObject({ client: { clientId: 'c1' }, subscription: { planId: 'p' } })
    expect(views.revocations).toMatchObject({
      ...{ token: undefined, grant: { revokeTime: before }, user: { suspendTime: before } },
      clientCutoff: { before: new Date(1000) },
      userCutoff: { before: new Date(2000) },
      environmentCutoff: { before: new Date(3000) },
    })
  })

  test.each(['j1', 'j0'])('the revocation of %s, the token or what it was exchanged from', async (id) => {
    await put(`revoked_token/alpha/${id}`, RevocationView.encode(RevocationView.create()).finish())
    expect((await load()).revocations?.token).toBeDefined()
    await put('revoked_token/beta/j1', RevocationView.encode(RevocationView.create()).finish())
    expect((await load({ ...token, tokenId: 'j2', originTokenIds: [] })).revocations?.token).toBeUndefined()
  })

  test.each([
    'client/c1',
    'subscription/s1',
    'revoked_token/alpha/j1',
    'revoked_token/alpha/j0',
    'revoked_grant/g1',
    'suspended_user/u1',
    'cutoff/alpha/client/c1',
    'cutoff/alpha/user/u1',
    'cutoff/alpha/environment',
  ])('parked %s: nothing is known', async (key) => {
    await put(key, undefined)
    await expect(load()).rejects.toBeInstanceOf(FactParked)
  })
})

test('what a token does not name is not asked for', async () => {
  const asked: string[] = []
  const cache = cacheOf(false)
  const watched: ViewCache = {
    ...cache,
    revokedGrant: (id) => {
      asked.push(id)
      return cache.revokedGrant(id)
    },
    suspendedUser: (id) => {
      asked.push(id)
      return cache.suspendedUser(id)
    },
  }
  const own = { ...token, grantId: undefined, userId: undefined, subscriptionId: undefined }
  await loadViews(watched, { by: 'token', environmentId: 'alpha', token: own })
  expect(asked).toEqual([])
})
