import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, basic, claimsOf, post } from './endpoint.ts'
import { type System, startSystem } from './system.ts'

const accessToken = 'urn:ietf:params:oauth:token-type:access_token'
const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'

interface Client {
  readonly clientId: string
  readonly secret: string
}

let system: System
let app: Client
/** Serves `orders`, and calls `stock` on behalf of whoever calls it. */
let ordersService: Client
let stockService: Client
let stranger: Client
const at = (path: string) => `${system.demo.issuer}${path}`
const resource = (apiId: string) => at(`/${apiId}`)

beforeAll(async () => {
  system = await startSystem()
  for (const apiId of ['stock', 'ledger']) await system.publish(apiId, {})
  const grantTypes = ['client_credentials', exchangeGrant]
  const client = (more: object = {}) => system.register({ method: 'client_secret_basic', grantTypes, more })
  app = await client()
  ordersService = await client({ introspectableApis: ['orders'], exchangeableApis: ['stock'] })
  stockService = await client({ introspectableApis: ['stock'], exchangeableApis: ['ledger'] })
  stranger = await client({ exchangeableApis: ['stock'] })
  await system.subscribe(ordersService.clientId, 'stock', ['orders:read', 'orders:write', 'stock:only'])
  await system.subscribe(stranger.clientId, 'stock')
  await system.subscribe(stockService.clientId, 'stock')
  const { position } = await system.subscribe(stockService.clientId, 'ledger')
  expect(position).toBeGreaterThan(0n)
  await sleep(500)
})
afterAll(() => system?.close())

async function tokenOf(
  { clientId, secret }: Client,
  apiId = 'orders',
  more: Record<string, string> = {},
): Promise<string> {
  const form = { grant_type: 'client_credentials', ...more }
  const answer = await post(at(`/${apiId}/oauth2/v2/token`), { form, headers: basic(clientId, secret) })
  expect(answer.body).toMatchObject({ token_type: 'Bearer' })
  return String(answer.body['access_token'])
}

function exchange(client: Client, form: Record<string, string>): Promise<Answer> {
  return post(at('/oauth2/v2/token'), {
    form: { grant_type: exchangeGrant, subject_token_type: accessToken, ...form },
    headers: basic(client.clientId, client.secret),
  })
}

test('impersonation: the same subject, at the API behind', async () => {
  const subject = await tokenOf(app)
  const answer = await exchange(ordersService, { subject_token: subject, resource: resource('stock') })
  expect(answer).toMatchObject({ status: 200, body: { issued_token_type: accessToken, token_type: 'Bearer' } })
  const [before, after] = [claimsOf(subject), claimsOf(answer.body['access_token'])]
  expect(after).toMatchObject({ sub: before['sub'], aud: resource('stock'), client_id: ordersService.clientId })
  expect(after['origin_jtis']).toEqual([before['jti']])
  expect(after['act']).toBeUndefined()
  expect(Number(after['exp'])).toBeLessThanOrEqual(Number(before['exp']))
})

test('delegation: who acts is told, and the chain is kept', async () => {
  const first = await exchange(ordersService, {
    subject_token: await tokenOf(app),
    actor_token: await tokenOf(ordersService),
    actor_token_type: accessToken,
    resource: resource('stock'),
  })
  expect(claimsOf(first.body['access_token'])['act']).toMatchObject({ sub: ordersService.clientId })
  const second = await exchange(stockService, {
    subject_token: String(first.body['access_token']),
    actor_token: await tokenOf(stockService),
    actor_token_type: accessToken,
    resource: resource('ledger'),
  })
  const claims = claimsOf(second.body['access_token'])
  expect(claims).toMatchObject({
    sub: app.clientId,
    act: { sub: stockService.clientId, act: { sub: ordersService.clientId } },
  })
  expect(claims['origin_jtis']).toHaveLength(4)
})

test('less scope can be asked for, by the name of the API too', async () => {
  const form = { subject_token: await tokenOf(app), audience: 'stock', scope: 'orders:read' }
  expect((await exchange(ordersService, form)).body).toMatchObject({ scope: 'orders:read' })
})

describe('refused', () => {
  test('an API that the client may not exchange for', async () => {
    const answer = await exchange(ordersService, { subject_token: await tokenOf(app), resource: resource('ledger') })
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_target' } })
  })
  test('a scope that the subject token has not', async () => {
    const subject = await tokenOf(app, 'orders', { scope: 'orders:read' })
    for (const scope of ['orders:write', 'stock:only', 'orders:read orders:write']) {
      const answer = await exchange(ordersService, { subject_token: subject, resource: resource('stock'), scope })
      expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_scope' } })
    }
  })
  test('a token that came to somebody else', async () => {
    const answer = await exchange(stranger, { subject_token: await tokenOf(app), resource: resource('stock') })
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })
  test('a revoked token, and what was exchanged from it before is dead too', async () => {
    const subject = await tokenOf(app)
    const stock = { subject_token: subject, resource: resource('stock') }
    const exchanged = String((await exchange(ordersService, stock)).body['access_token'])
    const introspected = () =>
      post(at('/oauth2/v2/introspect'), {
        form: { token: exchanged },
        headers: basic(stockService.clientId, stockService.secret),
      })
    expect((await introspected()).body).toMatchObject({ active: true, aud: resource('stock') })
    await post(at('/oauth2/v2/revoke'), { form: { token: subject }, headers: basic(app.clientId, app.secret) })
    await sleep(300)
    expect((await introspected()).body).toEqual({ active: false })
    expect((await exchange(ordersService, stock)).body).toMatchObject({ error: 'invalid_request' })
  })
  test('a token of a foreign issuer, and what is none', async () => {
    const [header, payload, signature] = (await tokenOf(app)).split('.')
    const claims = { ...claimsOf(`.${payload}.`), iss: 'https://elsewhere.example' }
    const foreign = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`
    for (const token of [foreign, 'x', 'a.b.c']) {
      const answer = await exchange(ordersService, { subject_token: token, resource: resource('stock') })
      expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
    }
  })
  test('an exchanged token, without saying who acts', async () => {
    const first = await exchange(ordersService, { subject_token: await tokenOf(app), resource: resource('stock') })
    const again = { subject_token: String(first.body['access_token']), resource: resource('ledger') }
    expect((await exchange(stockService, again)).body).toMatchObject({ error: 'invalid_request' })
  })
  test('the token of another actor', async () => {
    const form = {
      subject_token: await tokenOf(app),
      actor_token: await tokenOf(stranger),
      actor_token_type: accessToken,
      resource: resource('stock'),
    }
    expect((await exchange(ordersService, form)).body).toMatchObject({ error: 'invalid_request' })
  })
  test('other types of token', async () => {
    const subject = { subject_token: await tokenOf(app), resource: resource('stock') }
    const idToken = 'urn:ietf:params:oauth:token-type:id_token'
    for (const name of ['subject_token_type', 'requested_token_type'])
      expect((await exchange(ordersService, { ...subject, [name]: idToken })).status).toBe(400)
  })
})
