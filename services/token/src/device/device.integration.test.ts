import { Endpoint } from '@gatehouse/contracts/token/v1/token_service'
import { sharedDatabase } from '@gatehouse/testkit'
import { decodeJwt } from 'jose'
import pg from 'pg'
import { beforeAll, describe, expect, test } from 'vitest'
import { Browser, newUser, parametersOf, shown } from '../../test/browser.ts'
import { type GivenClient, issuerUrl } from '../../test/other-services.ts'
import { authorizationServerOn } from '../../test/running-server.ts'
import { deviceGrantType } from './device-grant-type.ts'

const given = authorizationServerOn(sharedDatabase)
const grantTypes = [deviceGrantType, 'refresh_token']
const resource = `${issuerUrl}/orders`

let television: GivenClient
let other: GivenClient
let operators: Awaited<ReturnType<typeof given.operators>>
beforeAll(async () => {
  television = await given.client('public', { grantTypes })
  other = await given.client('confidential', { grantTypes })
  operators = await given.operators()
})

let address = 0
/** Guesses are counted by source. */
const elsewhere = () => `203.0.113.${address++}`

function endpointOf({ authorization }: Partial<GivenClient>, clientIp = elsewhere()) {
  return Endpoint.fromPartial({ environmentId: 'alpha', clientIp, authorization: authorization ?? '' })
}

interface Asked {
  readonly client?: GivenClient
  readonly clientIp?: string
  readonly more?: Record<string, string | undefined>
}

async function ask({ client = television, clientIp, more = {} }: Asked = {}) {
  const values = { client_id: client.clientId, scope: 'openid offline_access orders.read', resource, ...more }
  const endpoint = endpointOf(client, clientIp)
  return given.service.calls.startDeviceAuthorization({ endpoint, parameters: parametersOf(values) })
}

async function started(asked: Asked = {}) {
  const { result } = await ask(asked)
  if (result?.$case !== 'started') throw new Error(`refused: ${result?.value.error}`)
  return result.value
}

async function poll(deviceCode: string | undefined, client = television) {
  const parameters = parametersOf({ grant_type: deviceGrantType, client_id: client.clientId, device_code: deviceCode })
  const { result, facts } = await given.service.calls.issueToken({ endpoint: endpointOf(client), parameters })
  const error = result?.$case === 'refusal' ? result.value.error : undefined
  return { tokens: result?.$case === 'issued' ? result.value : undefined, error, reason: facts?.reason, facts }
}

const type = (browser: Browser, userCode: string) => browser.step({ $case: 'enterUserCode', value: { userCode } })

async function signedIn() {
  const { username, userId } = await newUser(operators)
  const browser = new Browser(() => given.service)
  const page = await browser.step({ $case: 'listConsents', value: {} })
  await browser.signIn(page, username)
  return { browser, username, userId }
}

async function answered(userCode: string, approved: boolean) {
  const { browser, ...user } = await signedIn()
  const page = await browser.decide(await type(browser, userCode), approved)
  return { browser, message: shown(page, 'message'), ...user }
}

const database = async () => {
  const client = new pg.Client({ connectionString: given.postgresUrl })
  await client.connect()
  return client
}

/** As if so many seconds had passed for the devices. */
async function pass(seconds: number): Promise<void> {
  const client = await database()
  const text = `UPDATE token.device_authorization SET last_poll_time = last_poll_time - $1 * interval '1 s',
    expire_time = expire_time - $1 * interval '1 s'`
  await client.query(text, [seconds])
  await client.end()
}

test('a device gets tokens once its user has agreed in a browser', async () => {
  const { deviceCode, userCode, expiresIn, interval } = await started()
  expect({ deviceCode, userCode, expiresIn, interval }).toEqual({
    ...{ deviceCode: expect.stringMatching(/^ghd_alpha_/), userCode: expect.stringMatching(/^[B-Z]{4}-[B-Z]{4}$/) },
    ...{ expiresIn: 600n, interval: 5n },
  })
  expect(await poll(deviceCode)).toMatchObject({ error: 'authorization_pending', reason: 'authorization_pending' })
  const { browser, username, userId } = await signedIn()
  const consent = await type(browser, userCode.toLowerCase().replace('-', ' '))
  expect(shown(consent, 'consent')).toMatchObject({
    ...{ device: true, clientName: `The ${television.clientId}`, username, redirectOrigin: '' },
    scopes: [{ name: 'openid' }, { name: 'offline_access' }, { name: 'orders.read', description: 'Read your orders' }],
  })
  const message = shown(await browser.decide(consent, true), 'message')
  expect(message.kind).toBe(2)
  expect(browser.last?.facts).toMatchObject({ reason: 'ok', userId, clientId: television.clientId, apiId: 'orders' })
  const { tokens, facts } = await poll(deviceCode)
  expect(decodeJwt(tokens?.accessToken ?? '')).toMatchObject({ sub: userId, aud: resource, scope: expect.any(String) })
  expect(tokens).toMatchObject({ refreshToken: expect.stringMatching(/^ghr_/), idToken: expect.any(String) })
  expect(facts).toMatchObject({ reason: 'ok', grantType: deviceGrantType, userId, grantId: expect.any(String) })
})

test('who is not signed in signs in first, and learns nothing of the code before', async () => {
  const { userCode } = await started()
  const { username } = await newUser(operators)
  for (const code of [userCode, 'BBBB-BBBB']) {
    const browser = new Browser(() => given.service)
    const signIn = await type(browser, code)
    expect(shown(signIn, 'signIn')).toMatchObject({ clientName: '', redirectOrigin: '' })
    const next = await browser.signIn(signIn, username)
    expect(next.$case).toBe(code === userCode ? 'consent' : 'device')
  }
})

test("another client's code, another's device", async () => {
  const first = await started()
  const second = await started({ client: other })
  await answered(first.userCode, true)
  expect(await poll(first.deviceCode, other)).toMatchObject({ error: 'invalid_grant' })
  expect(await poll(second.deviceCode, other)).toMatchObject({ error: 'authorization_pending' })
  expect(await poll(first.deviceCode)).toMatchObject({ tokens: expect.anything() })
})

describe('single use', () => {
  test('50 polls at once of an approved code have one winner, and its tokens live', async () => {
    const { deviceCode, userCode } = await started()
    await answered(userCode, true)
    const polls = await Promise.all(Array.from({ length: 50 }, () => poll(deviceCode)))
    const winners = polls.filter(({ tokens }) => tokens !== undefined)
    expect(winners).toHaveLength(1)
    expect(new Set(polls.filter(({ tokens }) => !tokens).map(({ error }) => error))).toEqual(new Set(['invalid_grant']))
    const refreshToken = winners[0]?.tokens?.refreshToken
    const parameters = parametersOf({
      ...{ grant_type: 'refresh_token', client_id: television.clientId, refresh_token: refreshToken },
    })
    const refreshed = await given.service.calls.issueToken({ endpoint: endpointOf(television), parameters })
    expect(refreshed.result?.$case).toBe('issued')
  })
  test('once redeemed it is nothing, also after a restart', async () => {
    const { deviceCode, userCode } = await started()
    await answered(userCode, true)
    expect((await poll(deviceCode)).tokens).toBeDefined()
    expect(await poll(deviceCode)).toMatchObject({ error: 'invalid_grant', reason: 'device_code_redeemed' })
    await given.restart()
    operators = await given.operators()
    expect(await poll(deviceCode)).toMatchObject({ error: 'invalid_grant', reason: 'device_code_redeemed' })
  })
  test('an approval that was acknowledged is there after a restart', async () => {
    const { deviceCode, userCode } = await started()
    await answered(userCode, true)
    await given.restart()
    operators = await given.operators()
    expect((await poll(deviceCode)).tokens).toBeDefined()
  })
  test('of two users who answer one device at once one does', async () => {
    const { deviceCode, userCode } = await started()
    const users = await Promise.all([signedIn(), signedIn()])
    const pages = await Promise.all(users.map(({ browser }) => type(browser, userCode)))
    const answers = await Promise.all(users.map(({ browser }, n) => browser.decide(pages[n] as never, true)))
    expect(answers.map((next) => shown(next, 'message').kind).sort()).toEqual([1, 2])
    const winner = users[answers.findIndex((next) => shown(next, 'message').kind === 2)]
    expect(decodeJwt((await poll(deviceCode)).tokens?.accessToken ?? '').sub).toBe(winner?.userId)
  })
})

describe('polling', () => {
  test('sooner than allowed makes the interval 5 s longer', async () => {
    const { deviceCode } = await started()
    expect((await poll(deviceCode)).error).toBe('authorization_pending')
    expect((await poll(deviceCode)).error).toBe('slow_down')
    await pass(6)
    expect((await poll(deviceCode)).error).toBe('slow_down')
    await pass(16)
    expect((await poll(deviceCode)).error).toBe('authorization_pending')
  })
  test('of another client does not slow it down', async () => {
    const { deviceCode } = await started()
    for (let round = 0; round < 3; round++) expect((await poll(deviceCode, other)).error).toBe('invalid_grant')
    expect((await poll(deviceCode)).error).toBe('authorization_pending')
  })
  test('after the user refused', async () => {
    const { deviceCode, userCode } = await started()
    const { message, browser } = await answered(userCode, false)
    expect(message.kind).toBe(3)
    expect(browser.last?.facts?.reason).toBe('device_denied')
    expect(await poll(deviceCode)).toMatchObject({ error: 'access_denied', reason: 'device_denied' })
  })
  test('after it expired, also when it was approved', async () => {
    const [waiting, approved] = [await started(), await started()]
    await answered(approved.userCode, true)
    await pass(601)
    expect(await poll(waiting.deviceCode)).toMatchObject({ error: 'expired_token' })
    expect(await poll(approved.deviceCode)).toMatchObject({ error: 'expired_token' })
  })
  test.each([
    ['no code', undefined, 'invalid_request'],
    ['a forged one', `ghd_alpha_${'a'.repeat(16)}_${'a'.repeat(52)}_aaaaaaa`, 'invalid_grant'],
    ['something else', 'x', 'invalid_grant'],
  ])('with %s', async (_, code, error) => expect((await poll(code)).error).toBe(error))
  test('with a refresh token, and the device code as one', async () => {
    const { deviceCode, userCode } = await started()
    await answered(userCode, true)
    const values = { grant_type: 'refresh_token', client_id: television.clientId, refresh_token: deviceCode }
    const { result } = await given.service.calls.issueToken({
      ...{ endpoint: endpointOf(television), parameters: parametersOf(values) },
    })
    expect(result).toMatchObject({ $case: 'refusal', value: { error: 'invalid_grant' } })
    const { tokens } = await poll(deviceCode)
    expect((await poll(tokens?.refreshToken)).error).toBe('invalid_grant')
  })
})

describe('not started', () => {
  const refusal = async (asked: Asked) => {
    const { result, facts } = await ask(asked)
    return { ...(result?.$case === 'refusal' && result.value), reason: facts?.reason }
  }
  test('for a client that is not registered for it', async () => {
    const client = await given.client('public')
    expect(await refusal({ client })).toMatchObject({ error: 'unauthorized_client', status: 400 })
  })
  test('for an unknown client, or without its secret', async () => {
    const unknown = { ...television, clientId: 'nobody' }
    expect(await refusal({ client: unknown })).toMatchObject({ error: 'invalid_client', status: 401 })
    const bare = { ...other, authorization: '' }
    expect(await refusal({ client: bare })).toMatchObject({ error: 'invalid_client', status: 401 })
  })
  test('for a scope or a resource that the client is not entitled to', async () => {
    expect(await refusal({ more: { scope: 'admin' } })).toMatchObject({ error: 'invalid_scope' })
    expect(await refusal({ more: { resource: `${issuerUrl}/billing` } })).toMatchObject({ error: 'invalid_target' })
  })
  test('without end, from one place', async () => {
    const clientIp = elsewhere()
    for (let round = 0; round < 60; round++) await started({ clientIp })
    expect(await refusal({ clientIp })).toMatchObject({ reason: 'device_starts_throttled' })
    expect(await started()).toBeDefined()
  })
})

describe('codes typed', () => {
  test('wrong ones are counted by session, and hold up nobody else', async () => {
    const { userCode } = await started()
    const { browser } = await signedIn()
    for (let round = 0; round < 10; round++) {
      expect(shown(await type(browser, 'BBBB-BBBB'), 'device')).toMatchObject({ failed: true, userCode: 'BBBB-BBBB' })
      expect(browser.last?.facts?.reason).toBe('user_code_unknown')
    }
    expect(shown(await type(browser, userCode), 'device').retryAfterSeconds).toBe(1n)
    expect(browser.last?.facts?.reason).toBe('user_code_throttled')
    expect((await type((await signedIn()).browser, userCode)).$case).toBe('consent')
  })
  test('an empty one shows the page', async () => {
    const page = await type(new Browser(() => given.service), '')
    expect(shown(page, 'device')).toMatchObject({ failed: false, userCode: '' })
  })
  test('one that was answered is none', async () => {
    const { userCode } = await started()
    await answered(userCode, false)
    expect(shown(await type((await signedIn()).browser, userCode), 'device').failed).toBe(true)
  })
  test('the page of another session is refused', async () => {
    const { userCode, deviceCode } = await started()
    const [one, two] = [await signedIn(), await signedIn()]
    const page = await type(one.browser, userCode)
    expect(shown(await two.browser.decide(page, true), 'message').kind).toBe(1)
    expect(two.browser.last?.facts?.reason).toBe('interaction_invalid')
    expect((await poll(deviceCode)).error).toBe('authorization_pending')
  })
})

test('no user code and no device code stands in the log', async () => {
  const { userCode, deviceCode } = await started()
  const client = await database()
  const { rows } = await client.query('SELECT data FROM token.event')
  await client.end()
  const bytes = Buffer.concat(rows.map(({ data }) => data))
  for (const secret of [userCode, userCode.replace('-', ''), deviceCode.split('_')[3] ?? 'none']) {
    expect(bytes.includes(secret)).toBe(false)
  }
})
