import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ClientRegistration } from '@gatehouse/contracts/credential/v1/client_registration'
import { Endpoint } from '@gatehouse/contracts/token/v1/token_service'
import { sharedDatabase, waitFor } from '@gatehouse/testkit'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Browser, id, newUser, parametersOf, requestOf, shown, verifier } from '../../test/browser.ts'
import { type GivenClient, issuerUrl } from '../../test/other-services.ts'
import { authorizationServerOn } from '../../test/running-server.ts'

const given = authorizationServerOn(sharedDatabase)
const bye = 'https://app.example/bye?x=1'

let operators: Awaited<ReturnType<typeof given.operators>>
let receiver: Awaited<ReturnType<typeof startReceiver>>
beforeAll(async () => {
  operators = await given.operators()
  receiver = await startReceiver()
})
beforeEach(() => receiver.reset())
afterAll(() => receiver.close())

/** A client's back-channel logout endpoint. */
async function startReceiver() {
  const tokens: { readonly token: string; readonly url: string }[] = []
  let reply: (response: ServerResponse) => void = (response) => void response.writeHead(200).end()
  const server = createServer(async (request: IncomingMessage, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const form = new URLSearchParams(Buffer.concat(parts).toString())
    tokens.push({ token: form.get('logout_token') ?? '', url: request.url ?? '' })
    reply(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    tokens,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set reply(next: typeof reply) {
      reply = next
    },
    reset() {
      tokens.length = 0
      reply = (response) => void response.writeHead(200).end()
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

const clientWith = (registration: Partial<ClientRegistration> = {}) =>
  given.client('confidential', { postLogoutRedirectUris: [bye], consentImplied: true, ...registration })

async function signedIn(client: GivenClient, scope = 'openid orders.read', browser = new Browser(() => given.service)) {
  const user = await newUser(operators)
  const { tokens } = await visit(client, browser, user.username, scope)
  return { browser, tokens, ...user }
}

/** Signs in at another client, too. */
async function visit(client: GivenClient, browser: Browser, username: string, scope = 'openid orders.read') {
  const { code } = await browser.authorize(requestOf(client.clientId, { scope }), username)
  const { redirect_uri } = Object.fromEntries(requestOf('').map(({ name, value }) => [name, value]))
  const { result } = await ask(client, {
    grant_type: 'authorization_code',
    code,
    redirect_uri,
    code_verifier: verifier,
  })
  if (result?.$case !== 'issued') throw new Error(`refused: ${result?.value.error}`)
  return { tokens: result.value }
}

const ask = ({ authorization }: GivenClient, values: Record<string, string | undefined>) =>
  given.service.calls.issueToken({
    endpoint: Endpoint.fromPartial({ environmentId: 'alpha', authorization }),
    parameters: parametersOf(values),
  })

async function refresh(client: GivenClient, refreshToken: string) {
  const { result } = await ask(client, { grant_type: 'refresh_token', refresh_token: refreshToken })
  return result?.$case === 'issued' ? 'issued' : result?.value.error
}

const signOut = (browser: Browser, values: Record<string, string | undefined>, interaction = '') =>
  browser.step({ $case: 'signOut', value: { parameters: parametersOf(values), interaction } })

const isSignedIn = async (browser: Browser) =>
  (await browser.step({ $case: 'listConsents', value: {} })).$case === 'consents'

async function query(text: string, values: readonly unknown[] = []) {
  const client = new pg.Client({ connectionString: given.postgresUrl })
  await client.connect()
  const { rows } = await client.query(text, [...values])
  await client.end()
  return rows
}

describe('signs out', () => {
  test('at once with an ID token of the session, and goes where the client wants', async () => {
    const client = await clientWith()
    const { browser, tokens, userId } = await signedIn(client)
    const hint = { id_token_hint: tokens.idToken, post_logout_redirect_uri: bye, state: 'a&b=<c>' }
    const next = await signOut(browser, hint)
    expect(shown(next, 'redirectUrl')).toBe('https://app.example/bye?x=1&state=a%26b%3D%3Cc%3E')
    expect(browser.last).toMatchObject({ newSession: { sessionToken: '' }, facts: { reason: 'ok', userId } })
    expect(await isSignedIn(browser)).toBe(false)
  })
  test('after the user said yes, without a hint', async () => {
    const { browser } = await signedIn(await clientWith())
    const asked = shown(await signOut(browser, {}), 'message')
    expect(asked.kind).toBe(4)
    expect(await isSignedIn(browser)).toBe(true)
    const done = shown(await signOut(browser, {}, asked.interaction), 'message')
    expect(done.kind).toBe(5)
    expect(await isSignedIn(browser)).toBe(false)
  })
  test('the cookie of a session that has ended is worth nothing', async () => {
    const { browser, tokens } = await signedIn(await clientWith())
    const stolen = browser.sessionToken
    await signOut(browser, { id_token_hint: tokens.idToken })
    browser.sessionToken = stolen
    expect(await isSignedIn(browser)).toBe(false)
    await given.restart()
    operators = await given.operators()
    expect(await isSignedIn(browser)).toBe(false)
  })
})

describe('asks first', () => {
  test("with an ID token of another user's session", async () => {
    const client = await clientWith()
    const [one, other] = [await signedIn(client), await signedIn(client)]
    const next = await signOut(one.browser, { id_token_hint: other.tokens.idToken, post_logout_redirect_uri: bye })
    expect(shown(next, 'message').kind).toBe(4)
    expect(await isSignedIn(one.browser)).toBe(true)
  })
  test('with a client_id alone; then goes to the client', async () => {
    const client = await clientWith()
    const { browser } = await signedIn(client)
    const values = { client_id: client.clientId, post_logout_redirect_uri: bye }
    const asked = shown(await signOut(browser, values), 'message')
    expect(asked.kind).toBe(4)
    expect(shown(await signOut(browser, {}, asked.interaction), 'redirectUrl')).toBe(bye)
  })
  test('the page of another browser is refused', async () => {
    const client = await clientWith()
    const [one, other] = [await signedIn(client), await signedIn(client)]
    const asked = shown(await signOut(one.browser, {}), 'message')
    expect(shown(await signOut(other.browser, {}, asked.interaction), 'message').kind).toBe(1)
    expect(await isSignedIn(other.browser)).toBe(true)
  })
})

describe('sends nobody anywhere', () => {
  test.each([
    ...['https://evil.example/', 'https://app.example/bye', `${bye}&y=2`, `${bye}#f`, 'https://app.example/bye?x=1 '],
    ...['https://APP.example/bye?x=1', 'https://app.example:443/bye?x=1', 'https://ok@app.example/bye?x=1'],
  ])('to %s', async (uri) => {
    const client = await clientWith()
    const { browser, tokens } = await signedIn(client)
    const next = await signOut(browser, { id_token_hint: tokens.idToken, post_logout_redirect_uri: uri })
    expect(shown(next, 'message').kind).toBe(1)
    expect(browser.last?.facts?.reason).toBe('post_logout_redirect_uri_unregistered')
    expect(await isSignedIn(browser)).toBe(true)
  })
  test.each([
    ['without a client', { post_logout_redirect_uri: bye }],
    ['for a client that is none', { post_logout_redirect_uri: bye, client_id: 'nobody' }],
    ['for a client that registered nothing', { post_logout_redirect_uri: bye, client_id: 'probe' }],
  ])('%s', async (_, values) => {
    const browser = new Browser(() => given.service)
    expect(shown(await signOut(browser, values), 'message').kind).toBe(1)
  })
  test('with a hint that is no ID token of ours for that client', async () => {
    const client = await clientWith()
    const other = await clientWith()
    const { browser, tokens } = await signedIn(client)
    const parts = tokens.idToken.split('.')
    const forged = { ...decodeJwt(tokens.idToken), aud: other.clientId }
    const hints = [
      { id_token_hint: 'x' },
      { id_token_hint: tokens.accessToken },
      { id_token_hint: `${tokens.idToken}=` },
      { id_token_hint: [parts[0], Buffer.from(JSON.stringify(forged)).toString('base64url'), parts[2]].join('.') },
      { id_token_hint: tokens.idToken, client_id: other.clientId },
    ]
    for (const hint of hints) {
      expect(shown(await signOut(browser, { ...hint, post_logout_redirect_uri: bye }), 'message').kind).toBe(1)
      expect(browser.last?.facts?.reason).toBe('id_token_hint_invalid')
    }
    expect(await isSignedIn(browser)).toBe(true)
  })
  test('with a parameter that stands twice', async () => {
    const browser = new Browser(() => given.service)
    const parameters = [...parametersOf({ client_id: 'a' }), ...parametersOf({ client_id: 'b' })]
    const next = await browser.step({ $case: 'signOut', value: { parameters, interaction: '' } })
    expect(shown(next, 'message').kind).toBe(1)
    expect(browser.last?.facts?.reason).toBe('parameter_repeated')
  })
})

describe('what was given in the session', () => {
  test('ends, but for what the user agreed lasts', async () => {
    const client = await clientWith()
    const lasting = await clientWith()
    const { browser, tokens, username } = await signedIn(client)
    const kept = await visit(lasting, browser, username, 'openid offline_access orders.read')
    await signOut(browser, { id_token_hint: tokens.idToken })
    expect(await refresh(client, tokens.refreshToken)).toBe('invalid_grant')
    expect(await refresh(lasting, kept.tokens.refreshToken)).toBe('issued')
  })
  test('ends for a user who gets another password or is suspended', async () => {
    for (const change of ['password', 'suspension']) {
      const client = await clientWith()
      const { browser, tokens, userId } = await signedIn(client)
      if (change === 'password') {
        await operators.setUserPassword({ requestId: id(), userId, password: 'quite another password' })
      } else await operators.suspendUser({ requestId: id(), userId, reason: '' })
      expect(await isSignedIn(browser)).toBe(false)
      await waitFor(async () => (await refresh(client, tokens.refreshToken)) === 'invalid_grant')
    }
  })
  test('ends although the service died before it came to that', async () => {
    const client = await clientWith({ backchannelLogoutUri: `${receiver.url}/after` })
    const { tokens } = await signedIn(client)
    const { sid, sub } = decodeJwt(tokens.idToken)
    // As a kill between the event and its consequences leaves it.
    await query(
      'INSERT INTO token.sign_out_task (noun, id, user_id, environment_id, time) VALUES ($1, $2, $3, $4, now())',
      ['session', sid, sub, 'alpha'],
    )
    await waitFor(async () => (await refresh(client, tokens.refreshToken)) === 'invalid_grant')
    await waitFor(() => receiver.tokens.length === 1)
    expect(await query('SELECT FROM token.sign_out_task')).toEqual([])
  })
})

describe('back-channel logout', () => {
  const backchannel = (path: string) => clientWith({ backchannelLogoutUri: `${receiver.url}${path}` })

  test('tells every client of the session, each with its own token', async () => {
    const [one, other, silent] = [await backchannel('/one'), await backchannel('/other'), await clientWith()]
    const { browser, tokens, username, userId } = await signedIn(one)
    await visit(other, browser, username)
    await visit(silent, browser, username)
    await signOut(browser, { id_token_hint: tokens.idToken })
    await waitFor(() => receiver.tokens.length === 2)
    for (const { token, url } of receiver.tokens) {
      expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'logout+jwt', alg: 'ES256', kid: expect.any(String) })
      const claims = decodeJwt(token)
      expect(claims).toMatchObject({
        ...{ iss: issuerUrl, sub: userId, sid: decodeJwt(tokens.idToken)['sid'], jti: expect.any(String) },
        ...{ aud: url === '/one' ? one.clientId : other.clientId },
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      })
      expect(claims['nonce']).toBeUndefined()
      expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(120)
    }
    await waitFor(async () => (await query('SELECT FROM token.logout_delivery')).length === 0)
  })
  test('its token is none of the other kinds', async () => {
    const client = await backchannel('/kinds')
    const { browser, tokens } = await signedIn(client)
    await signOut(browser, { id_token_hint: tokens.idToken })
    await waitFor(() => receiver.tokens.length === 1)
    const logoutToken = receiver.tokens[0]?.token ?? ''
    expect(shown(await signOut(browser, { id_token_hint: logoutToken }), 'message').kind).toBe(1)
    expect(browser.last?.facts?.reason).toBe('id_token_hint_invalid')
  })
  test('goes on trying a client that fails, and holds up no sign-out', async () => {
    const client = await backchannel('/failing')
    receiver.reply = (response) => void response.writeHead(503).end()
    const { browser, tokens } = await signedIn(client)
    const from = performance.now()
    await signOut(browser, { id_token_hint: tokens.idToken })
    expect(performance.now() - from).toBeLessThan(2000)
    await waitFor(() => receiver.tokens.length === 1)
    receiver.reply = (response) => void response.writeHead(200).end()
    await query('UPDATE token.logout_delivery SET next_time = now()')
    await waitFor(() => receiver.tokens.length === 2)
    await waitFor(async () => (await query('SELECT FROM token.logout_delivery')).length === 0)
  })
  test('follows no redirect, and gives up on a client that refuses', async () => {
    const client = await backchannel('/moved')
    receiver.reply = (response) => void response.writeHead(307, { location: `${receiver.url}/elsewhere` }).end()
    const { browser, tokens } = await signedIn(client)
    await signOut(browser, { id_token_hint: tokens.idToken })
    await waitFor(async () => (await query('SELECT FROM token.logout_delivery WHERE attempts = 1')).length === 1)
    await waitFor(() => receiver.tokens.length === 1)
    receiver.reply = (response) => void response.writeHead(400).end()
    await query('UPDATE token.logout_delivery SET next_time = now()')
    await waitFor(async () => (await query('SELECT FROM token.logout_delivery')).length === 0)
    expect(receiver.tokens.map(({ url }) => url)).toEqual(['/moved', '/moved'])
  })
  test('calls nobody in clear but on loopback', async () => {
    const client = await clientWith({ backchannelLogoutUri: 'http://192.0.2.1/logout' })
    const { browser, tokens } = await signedIn(client)
    await signOut(browser, { id_token_hint: tokens.idToken })
    await waitFor(async () => (await query('SELECT FROM token.logout_delivery')).length === 0)
    expect(receiver.tokens).toEqual([])
  })
})
