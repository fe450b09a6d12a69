import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { Issuer } from '@gatehouse/contracts/policy/v1/token_settings'
import { sharedDatabase, waitFor } from '@gatehouse/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { answerOf, Browser, id, newUser, password, requestOf, shown } from '../../test/browser.ts'
import { type GivenClient, issuerUrl } from '../../test/other-services.ts'
import { authorizationServerOn } from '../../test/running-server.ts'
import { startProvider, throughProvider } from './federation/provider.fixture.ts'

const given = authorizationServerOn(sharedDatabase)
const newBrowser = () => new Browser(() => given.service)

let client: GivenClient
let operators: Awaited<ReturnType<typeof given.operators>>
let provider: Awaited<ReturnType<typeof startProvider>>
beforeAll(async () => {
  client = await given.client('public', { consentImplied: true })
  operators = await given.operators()
  provider = await startProvider({ issuers: [issuerUrl] })
  const issuer = { ...Issuer.create(), url: issuerUrl, localUsers: true, identityProviders: [provider.settings()] }
  const environment = { ...Environment.create(), environmentId: 'alpha', hosts: ['id.example'], issuer }
  const data = { environment, putTime: new Date() }
  given.logs.policy.append('environment-alpha', { type: 'gatehouse.policy.v1.EnvironmentPut', data })
  const offered = async () => shown(await start(newBrowser()), 'signIn').providers.length === 1
  await waitFor(offered, { what: 'the provider is offered' })
})
afterAll(() => provider?.close())

const start = (browser: Browser, more = {}) => browser.start(requestOf(client.clientId, more))

async function attempt(browser: Browser, username: string, secret: string, interaction?: string) {
  const page = interaction ?? shown(await start(browser), 'signIn').interaction
  return browser.step({ $case: 'signIn', value: { interaction: page, username, password: secret } })
}

async function federated(browser: Browser, subject: string, more = {}) {
  const { interaction } = shown(await start(browser, more), 'signIn')
  const sent = await browser.step({ $case: 'startFederatedSignIn', value: { interaction, providerId: 'corp' } })
  provider.person = { subject }
  return throughProvider(shown(sent, 'redirectUrl'))
}

const finish = (browser: Browser, parameters: Awaited<ReturnType<typeof throughProvider>>) =>
  browser.step({ $case: 'finishFederatedSignIn', value: { parameters } })

describe('with a password', () => {
  test('on to what the sign-in was for, in a new session', async () => {
    const { username, userId } = await newUser(operators)
    const browser = newBrowser()
    const next = await attempt(browser, username, password)
    expect(answerOf(next)).toMatchObject({ code: expect.any(String) })
    expect(browser.last).toMatchObject({ facts: { reason: 'ok', userId }, newSession: { maxAgeSeconds: 43_200n } })
    expect(browser.sessionToken).toMatch(/^ghu_alpha_/)
  })
  test('wrong: the page again, with its interaction, and no session', async () => {
    const { username } = await newUser(operators)
    const browser = newBrowser()
    const next = shown(await attempt(browser, username, 'wrong'), 'signIn')
    expect(next).toMatchObject({ failed: true, username, retryAfterSeconds: 0n, clientName: `The ${client.clientId}` })
    expect(browser.last).toMatchObject({ newSession: undefined, facts: { reason: 'credentials_invalid' } })
    expect(answerOf(await attempt(browser, username, password, next.interaction))).toHaveProperty('code')
  })
  test('an unknown user sees and is told the same; the record knows whose account it was', async () => {
    const { username, userId } = await newUser(operators)
    const [known, unknown] = [newBrowser(), newBrowser()]
    const blank = ({ interaction: _, username: __, ...page }: ReturnType<typeof failedPage>) => page
    const failedPage = (next: Awaited<ReturnType<typeof attempt>>) => shown(next, 'signIn')
    const one = failedPage(await attempt(known, username, 'wrong'))
    const other = failedPage(await attempt(unknown, `nobody-${id()}`, 'wrong'))
    expect(blank(one)).toEqual(blank(other))
    expect(known.last?.facts?.userId).toBe(userId)
    expect(unknown.last?.facts).toEqual({ ...known.last?.facts, userId: '' })
  })
  test('a suspended user sees the same, too', async () => {
    const { username, userId } = await newUser(operators)
    await operators.suspendUser({ requestId: id(), userId, reason: '' })
    const browser = newBrowser()
    expect(shown(await attempt(browser, username, password), 'signIn')).toMatchObject({ failed: true })
    expect(browser.last?.facts?.reason).toBe('user_suspended')
  })
  test('the page of another browser, or one that was tampered with, is refused', async () => {
    const { username } = await newUser(operators)
    const [one, other] = [newBrowser(), newBrowser()]
    const { interaction } = shown(await start(one), 'signIn')
    const flipped = `${interaction.slice(0, -2)}${interaction.endsWith('A') ? 'B' : 'A'}`
    for (const [browser, page] of [
      [other, interaction],
      [one, flipped],
      [one, ''],
    ] as const) {
      const next = await browser.step({ $case: 'signIn', value: { interaction: page, username, password } })
      expect(shown(next, 'message')).toMatchObject({ kind: 1, error: 'invalid_request' })
      expect(browser.last).toMatchObject({ newSession: undefined, facts: { reason: 'interaction_invalid' } })
    }
  })
  test('prompt=login asks a user who is signed in, and then answers', async () => {
    const { username } = await newUser(operators)
    const browser = newBrowser()
    await attempt(browser, username, password)
    const before = browser.sessionToken
    const page = shown(await start(browser, { prompt: 'login' }), 'signIn')
    expect(answerOf(await attempt(browser, username, password, page.interaction))).toHaveProperty('code')
    expect(browser.sessionToken).not.toBe(before)
  })
  test('guesses are slowed down, and the page says for how long', async () => {
    const { username } = await newUser(operators)
    const browser = newBrowser()
    for (let round = 0; round < 10; round++) await attempt(browser, username, 'wrong')
    const page = shown(await attempt(browser, username, password), 'signIn')
    expect(page).toMatchObject({ failed: false, retryAfterSeconds: 1n })
    expect(browser.last?.facts?.reason).toBe('sign_in_throttled')
  })
})

describe('at an identity provider', () => {
  test('on to what the sign-in was for', async () => {
    const browser = newBrowser()
    const next = await finish(browser, await federated(browser, id()))
    expect(answerOf(next)).toMatchObject({ code: expect.any(String), state: 'xyz', iss: issuerUrl })
    expect(browser.last?.facts).toMatchObject({ reason: 'ok', clientId: client.clientId, userId: expect.any(String) })
    expect(answerOf(await start(browser, { prompt: 'none' }))).toHaveProperty('code')
  })
  test('what one browser brings back signs in no other (login CSRF)', async () => {
    const [attacker, victim] = [newBrowser(), newBrowser()]
    const parameters = await federated(attacker, id())
    const next = await finish(victim, parameters)
    expect(shown(next, 'message')).toMatchObject({ kind: 1, error: 'invalid_request' })
    expect(victim.last).toMatchObject({ newSession: undefined, facts: { reason: 'interaction_invalid' } })
    expect(victim.sessionToken).toBe('')
  })
  test('away: a page that says so, and the client is sent nothing', async () => {
    const browser = newBrowser()
    const parameters = await federated(browser, id())
    provider.intercept = (request) => void request.socket.destroy()
    const page = shown(await finish(browser, parameters), 'message')
    expect(page).toMatchObject({ kind: 1, error: 'temporarily_unavailable' })
    expect(browser.last?.facts?.reason).toBe('identity_provider_unavailable')
    provider.intercept = undefined
  })
})
