import { sharedDatabase, waitFor } from '@gatehouse/testkit'
import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import { Browser, id, parametersOf, shown } from '../../test/browser.ts'
import { authorizationServerOn } from '../../test/running-server.ts'
import { bye, isSignedIn, signOut, visitorsAt } from './visitors.fixture.ts'

const given = authorizationServerOn(sharedDatabase)
const { clientWith, signedIn, visit, refresh } = visitorsAt(given)

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
        await (await given.operators()).setUserPassword({ requestId: id(), userId, password: 'quite another password' })
      } else await (await given.operators()).suspendUser({ requestId: id(), userId, reason: '' })
      expect(await isSignedIn(browser)).toBe(false)
      await waitFor(async () => (await refresh(client, tokens.refreshToken)) === 'invalid_grant')
    }
  })
})
