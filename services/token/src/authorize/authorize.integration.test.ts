import { sharedDatabase } from '@gatehouse/testkit'
import pg from 'pg'
import { beforeAll, describe, expect, test } from 'vitest'
import { answerOf, Browser, newUser, requestOf, shown } from '../../test/browser.ts'
import { type GivenClient, issuerUrl, redirectUri } from '../../test/other-services.ts'
import { authorizationServerOn } from '../../test/running-server.ts'
import { issued, redeem } from '../../test/token-request.ts'

const given = authorizationServerOn(sharedDatabase)
const browser = () => new Browser(() => given.service)
let app: GivenClient
let operators: Awaited<ReturnType<typeof given.operators>>
let ann: string

beforeAll(async () => {
  app = await given.client('public')
  operators = await given.operators()
  ann = (await newUser(operators)).username
})

test('sign-in, consent, code; then the code at once, without a page', async () => {
  const visitor = browser()
  const signIn = await visitor.start(requestOf(app.clientId, { login_hint: 'ann' }))
  expect(shown(signIn, 'signIn')).toMatchObject({
    ...{ clientName: `The ${app.clientId}`, username: 'ann', localUsers: true, redirectOrigin: 'https://app.example' },
  })
  const consent = await visitor.signIn(signIn, ann)
  expect(shown(consent, 'consent')).toMatchObject({
    ...{ clientName: `The ${app.clientId}`, username: ann, redirectOrigin: 'https://app.example', device: false },
    scopes: [
      { name: 'openid', description: 'Know who you are' },
      { name: 'orders.read', description: 'Read your orders' },
    ],
  })
  const answer = await visitor.decide(consent, true)
  expect(shown(answer, 'clientRedirect').redirectUri).toBe(redirectUri)
  expect(answerOf(answer)).toEqual({ code: expect.stringMatching(/^ghc_alpha_/), state: 'xyz', iss: issuerUrl })
  expect(visitor.last?.facts).toMatchObject({ reason: 'ok', clientId: app.clientId, scopes: ['openid', 'orders.read'] })
  const again = answerOf(await visitor.start(requestOf(app.clientId, { scope: 'orders.read', prompt: 'none' })))
  expect(again).toMatchObject({ code: expect.any(String) })
})

describe('consent', () => {
  test('denied: the client is told, nothing is remembered', async () => {
    const visitor = browser()
    const { username } = await newUser(operators)
    const consent = await visitor.signIn(await visitor.start(requestOf(app.clientId)), username)
    expect(answerOf(await visitor.decide(consent, false))).toMatchObject({
      error: 'access_denied',
      state: 'xyz',
      iss: issuerUrl,
    })
    expect(visitor.last?.facts?.reason).toBe('consent_denied')
    shown(await visitor.start(requestOf(app.clientId)), 'consent')
  })
  test('more than before, or prompt=consent: asked again', async () => {
    const visitor = browser()
    const { username } = await newUser(operators)
    await visitor.authorize(requestOf(app.clientId), username)
    const more = requestOf(app.clientId, { scope: 'openid orders.read orders.write' })
    shown(await visitor.start(more), 'consent')
    shown(await visitor.start(requestOf(app.clientId, { prompt: 'consent' })), 'consent')
  })
  test('one thing: asked every time', async () => {
    const visitor = browser()
    const { username } = await newUser(operators)
    const details = requestOf(app.clientId, { authorization_details: '[{"type":"order","amount":5}]' })
    await visitor.authorize(details, username)
    const page = shown(await visitor.start(details), 'consent')
    expect(page.authorizationDetails).toEqual(['{"type":"order","amount":5}'])
  })
  test('an application of the house is not asked for', async () => {
    const house = await given.client('public', { consentImplied: true })
    const visitor = browser()
    const next = await visitor.signIn(
      await visitor.start(requestOf(house.clientId)),
      (await newUser(operators)).username,
    )
    expect(answerOf(next)).toMatchObject({ code: expect.any(String) })
  })
  test('a page that was shown to another browser, or sent for another user, agrees to nothing', async () => {
    const visitor = browser()
    const { username } = await newUser(operators)
    const consent = await visitor.signIn(await visitor.start(requestOf(app.clientId)), username)
    const other = browser()
    await other.signIn(await other.start(requestOf(app.clientId)), (await newUser(operators)).username)
    expect(shown(await other.decide(consent, true), 'message')).toMatchObject({ error: 'invalid_request' })
    expect(other.last?.facts?.reason).toBe('interaction_invalid')
    const signedOut = browser()
    Object.assign(signedOut, { binding: visitor.binding })
    shown(await signedOut.decide(consent, true), 'signIn')
  })
  test('listed, and withdrawn with its grants', async () => {
    const visitor = browser()
    const user = await newUser(operators)
    await visitor.authorize(requestOf(app.clientId), user.username)
    const page = shown(await visitor.step({ $case: 'listConsents', value: {} }), 'consents')
    expect(page).toMatchObject({
      username: user.username,
      consents: [
        {
          ...{ clientId: app.clientId, clientName: `The ${app.clientId}` },
          scopes: [{ name: 'openid' }, { name: 'orders.read', description: 'Read your orders' }],
        },
      ],
    })
    const { interaction } = page
    const value = { interaction, clientId: app.clientId }
    const after = shown(await visitor.step({ $case: 'withdrawConsent', value }), 'consents')
    expect(after.consents).toEqual([])
    const of = { environmentId: 'alpha', clientId: app.clientId, userId: user.userId, pageSize: 0, pageToken: '' }
    const { grants } = await operators.listGrants(of)
    expect(grants.map(({ state, revocationReason }) => [state, revocationReason])).toEqual([[3, 4]])
    shown(await visitor.start(requestOf(app.clientId)), 'consent')
  })
})

describe('how the user is asked', () => {
  test('prompt=none signs nobody in', async () => {
    const visitor = browser()
    const answer = answerOf(await visitor.start(requestOf(app.clientId, { prompt: 'none' })))
    expect(answer).toMatchObject({ error: 'login_required', state: 'xyz', iss: issuerUrl })
  })
  test('prompt=none asks nobody to agree', async () => {
    const visitor = browser()
    await visitor.signIn(await visitor.start(requestOf(app.clientId)), (await newUser(operators)).username)
    const answer = answerOf(await visitor.start(requestOf(app.clientId, { prompt: 'none' })))
    expect(answer).toMatchObject({ error: 'consent_required' })
  })
  test.each([{ prompt: 'login' }, { prompt: 'select_account' }, { max_age: '0' }])(
    '%j: sign in again',
    async (more) => {
      const visitor = browser()
      await visitor.authorize(requestOf(app.clientId), ann)
      const page = await visitor.start(requestOf(app.clientId, more))
      const next = await visitor.signIn(page, ann)
      expect(answerOf(next)).toMatchObject({ code: expect.any(String) })
    },
  )
  test('id_token_hint: the user it is about, nobody else', async () => {
    const visitor = browser()
    const { code } = await visitor.authorize(requestOf(app.clientId), ann)
    const { idToken, accessToken } = issued(await redeem(given.service, app, code))
    const hinted = requestOf(app.clientId, { id_token_hint: idToken, prompt: 'none' })
    expect(answerOf(await visitor.start(hinted))).toHaveProperty('code')
    const other = browser()
    const { username: bob } = await newUser(operators)
    await other.authorize(requestOf(app.clientId), bob)
    expect(answerOf(await other.start(hinted))).toMatchObject({ error: 'login_required' })
    const page = await other.start(requestOf(app.clientId, { id_token_hint: idToken }))
    expect(answerOf(await other.signIn(page, bob))).toMatchObject({ error: 'login_required' })
    const asked = await other.start(requestOf(app.clientId, { id_token_hint: idToken }))
    expect(answerOf(await other.signIn(asked, ann))).toHaveProperty('code')
    for (const id_token_hint of [accessToken, idToken.slice(0, -4), 'x']) {
      const answer = answerOf(await visitor.start(requestOf(app.clientId, { id_token_hint })))
      expect(answer).toMatchObject({ error: 'invalid_request' })
    }
    const stranger = await given.client('public')
    const answer = answerOf(await visitor.start(requestOf(stranger.clientId, { id_token_hint: idToken })))
    expect(answer).toMatchObject({ error: 'invalid_request' })
  })
  test('a recent sign-in is enough for max_age', async () => {
    const visitor = browser()
    await visitor.authorize(requestOf(app.clientId), ann)
    expect(answerOf(await visitor.start(requestOf(app.clientId, { max_age: '100' })))).toHaveProperty('code')
  })
})

describe('refused', () => {
  test('without a proven redirect URI nobody is sent anywhere', async () => {
    const visitor = browser()
    const page = shown(
      await visitor.start(requestOf(app.clientId, { redirect_uri: 'https://evil.example' })),
      'message',
    )
    expect(page).toMatchObject({ kind: 1, error: 'invalid_request' })
    expect(visitor.last?.facts).toMatchObject({ reason: 'redirect_uri_unregistered' })
  })
  test('with one the client is told, with state and iss', async () => {
    const answer = answerOf(await browser().start(requestOf(app.clientId, { code_challenge_method: 'plain' })))
    expect(answer).toMatchObject({ error: 'invalid_request', state: 'xyz', iss: issuerUrl })
  })
  test.each(['x'.repeat(4096), `&<>"'%0d%0a\u2028ä`])('the state %.20j is echoed unchanged', async (state) => {
    const answer = answerOf(await browser().start(requestOf(app.clientId, { state, response_type: 'token' })))
    expect(answer).toMatchObject({ error: 'unsupported_response_type', state })
  })
  test('a suspended client', async () => {
    const client = await given.client('public')
    const data = { clientId: client.clientId, reason: '', suspendTime: new Date() }
    given.logs.credential.append(`client-${client.clientId}`, { type: 'gatehouse.credential.v1.ClientSuspended', data })
    await given.followed()
    expect(shown(await browser().start(requestOf(client.clientId)), 'message')).toMatchObject({
      error: 'invalid_client',
    })
  })
  test('an unknown client is answered as a suspended one', async () => {
    expect(shown(await browser().start(requestOf('nobody')), 'message')).toMatchObject({ error: 'invalid_client' })
  })
  test('a step without binding of the browser', async () => {
    const visitor = browser()
    Object.assign(visitor, { binding: '' })
    await expect(visitor.start(requestOf(app.clientId))).rejects.toMatchObject({ reason: 'INVALID_STEP' })
  })
})

test('no code, and nothing that one could be made from, is in the database', async () => {
  const visitor = browser()
  const { code = '' } = await visitor.authorize(requestOf(app.clientId), ann)
  const client = new pg.Client(given.postgresUrl)
  await client.connect()
  const { rows } = await client.query('SELECT data FROM token.event')
  await client.end()
  const secret = code.split('_')[3] ?? 'none'
  expect(secret).toHaveLength(52)
  expect(rows.some(({ data }: { data: Buffer }) => data.includes(secret))).toBe(false)
})
