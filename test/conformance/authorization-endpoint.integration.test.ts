import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Browser, page, sentTo } from './browser.ts'
import { basic, post } from './endpoint.ts'
import { type System, startSystem } from './system.ts'

const callback = 'https://app.example/cb'
const loopback = 'http://127.0.0.1:8000/cb'

let system: System
let client: { clientId: string; secret: string }
let other: { clientId: string; secret: string }
beforeAll(async () => {
  system = await startSystem()
  const grantTypes = ['authorization_code', 'refresh_token']
  const redirectUris = [callback, loopback]
  client = await system.register({ method: 'client_secret_basic', grantTypes, redirectUris })
  other = await system.register({ method: 'client_secret_basic', grantTypes, redirectUris })
})
afterAll(() => system?.close())

const verifier = randomBytes(32).toString('base64url')
const challenge = createHash('sha256').update(verifier).digest('base64url')

function asked(change: Record<string, string | undefined> = {}): Record<string, string> {
  const request = {
    ...{ response_type: 'code', client_id: client.clientId, redirect_uri: callback, state: 's' },
    ...{ scope: 'orders:read', resource: system.demo.resource },
    ...{ code_challenge: challenge, code_challenge_method: 'S256', ...change },
  }
  const kept = Object.entries(request).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return Object.fromEntries(kept)
}

const urlOf = (query: string) => `${system.demo.issuer}/oauth2/v2/authorize?${query}`
const authorizeUrl = (change?: Record<string, string | undefined>) => urlOf(`${new URLSearchParams(asked(change))}`)
const ask = (url: string) => fetch(url, { redirect: 'manual' })

/** Signs in, agrees, and is sent back to the client. */
async function approved(change?: Record<string, string | undefined>): Promise<URL> {
  const { username, password } = system.demo
  const browser = new Browser(system.demo.issuer)
  const after = await browser.submit(page(await browser.open(authorizeUrl(change))), { username, password })
  return after instanceof URL ? after : sentTo(await browser.submit(after, { decision: 'approve' }))
}

const redeem = (code: string, change: Record<string, string> = {}, by = client) =>
  post(`${system.demo.issuer}/oauth2/v2/token`, {
    form: { grant_type: 'authorization_code', code, redirect_uri: callback, code_verifier: verifier, ...change },
    headers: basic(by.clientId, by.secret),
  })
const codeOf = (sent: URL) => sent.searchParams.get('code') ?? ''

describe('a redirect_uri that is not the registered one, byte for byte, is a page here and leads nowhere', () => {
  test.each([
    `${callback}/x`,
    `${callback}?a`,
    `${callback}#f`,
    'https://app.example/%2e%2e/cb',
    'https://app.example@evil.example/cb',
    'https://app.example\\@evil.example/cb',
    'https://APP.example/cb',
    'https://app.example:443/cb',
    'https://аpp.example/cb',
    'https://app.example./cb',
    'http://app.example/cb',
    'http://localhost.evil:8000/cb',
    'http://127.0.0.1.evil:8000/cb',
    'http://127.0.0.1:8000/cb/x',
    'javascript:alert(1)',
    '',
  ])('%s', async (redirect_uri) => {
    const answer = await ask(authorizeUrl({ redirect_uri }))
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null])
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
  })

  test('two of them', async () => {
    const answer = await ask(`${authorizeUrl()}&redirect_uri=https://evil.example/`)
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null])
  })

  test('of a client that there is none of', async () => {
    const answer = await ask(authorizeUrl({ client_id: 'nobody' }))
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null])
  })
})

test('on loopback any port is the registered one (RFC 8252 section 7.3)', async () => {
  const redirect_uri = 'http://127.0.0.1:51004/cb'
  const sent = await approved({ redirect_uri })
  expect(sent.href.startsWith(`${redirect_uri}?`)).toBe(true)
  expect((await redeem(codeOf(sent), { redirect_uri })).status).toBe(200)
})

describe('refused at the client, with its state and our name', () => {
  test.each([
    ['no challenge', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['plain', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['no method, which would be plain', { code_challenge_method: undefined }, 'invalid_request'],
    ['a challenge that is no SHA-256', { code_challenge: 'x'.repeat(42) }, 'invalid_request'],
    ['implicit', { response_type: 'token' }, 'unsupported_response_type'],
    ['hybrid', { response_type: 'code id_token' }, 'unsupported_response_type'],
    ['a scope that it is not entitled to', { scope: 'orders:delete' }, 'invalid_scope'],
    ['a resource that there is none of', { resource: 'https://other.example' }, 'invalid_target'],
    ['nobody signed in, and nobody may be asked', { prompt: 'none' }, 'login_required'],
    ['a request object', { request: 'a.b.c' }, 'request_not_supported'],
  ])('%s', async (_what, change, error) => {
    const answer = await ask(authorizeUrl(change))
    expect(answer.status).toBe(303)
    const sent = new URL(answer.headers.get('location') ?? '')
    expect(sent.origin + sent.pathname).toBe(callback)
    expect(Object.fromEntries(sent.searchParams)).toMatchObject({ error, state: 's', iss: system.demo.issuer })
    expect(sent.searchParams.has('code')).toBe(false)
  })

  test('a parameter twice', async () => {
    const answer = await ask(`${authorizeUrl()}&scope=orders:write`)
    expect(answer.status === 400 || answer.headers.get('location')?.includes('error=invalid_request')).toBe(true)
  })
})

test('the state comes back as it was: 4 kB of whatever means something in HTML, URLs and headers', async () => {
  const state = `&<>"'%\r\n=#?+ é😀${'x'.repeat(4000)}`
  const sent = await approved({ state })
  expect(sent.searchParams.get('state')).toBe(state)
  expect(sent.searchParams.get('iss')).toBe(system.demo.issuer)
})

test('every page forbids frames and scripts, and is not kept', async () => {
  const { username, password } = system.demo
  const browser = new Browser(system.demo.issuer)
  const pages = [await ask(authorizeUrl()), await ask(authorizeUrl({ client_id: 'nobody' })), await ask(urlOf(''))]
  for (const path of ['device', 'sign-out', 'consents'])
    pages.push(await ask(`${system.demo.issuer}/oauth2/v2/${path}`))
  for (const { headers } of pages) {
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
    expect(headers.get('content-security-policy')).not.toContain('unsafe')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('cache-control')).toBe('no-store')
  }
  const signIn = page(await browser.open(authorizeUrl({ prompt: 'consent' })))
  expect(page(await browser.submit(signIn, { username, password: 'wrong' })).html).toContain('That did not work')
  expect(page(await browser.submit(signIn, { username, password })).html).not.toMatch(/<script(?! src)|\son[a-z]+=/)
})

test('a page that another browser was shown goes no further (CSRF)', async () => {
  const { username, password } = system.demo
  const victim = new Browser(system.demo.issuer)
  const attacker = new Browser(system.demo.issuer)
  const shown = page(await attacker.open(authorizeUrl()))
  await victim.open(authorizeUrl())
  const answer = page(await victim.submit(shown, { username, password }))
  expect([answer.status, answer.html.includes('Allow')]).toEqual([400, false])
})

describe('a code', () => {
  test('is good once, for its client, its redirect_uri and its verifier', async () => {
    const wrong: [change: Record<string, string>, by: typeof client][] = [
      [{ redirect_uri: loopback }, client],
      [{ code_verifier: randomBytes(32).toString('base64url') }, client],
      [{ code_verifier: '' }, client],
      [{ code_verifier: 'x'.repeat(42) }, client],
      [{ code_verifier: 'x'.repeat(129) }, client],
      [{}, other],
    ]
    for (const [change, by] of wrong) {
      const code = codeOf(await approved())
      expect([change, (await redeem(code, change, by)).status]).toEqual([change, 400])
    }
    const code = codeOf(await approved())
    expect((await redeem(code)).status).toBe(200)
    expect(await redeem(code)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })

  test('in fifty hands has one winner, and the losers take the winner’s tokens with them', async () => {
    const code = codeOf(await approved({ scope: 'orders:read offline_access' }))
    const answers = await Promise.all(Array.from({ length: 50 }, () => redeem(code)))
    const won = answers.filter(({ status }) => status === 200)
    expect(won).toHaveLength(1)
    for (const { status, body } of answers) if (status !== 200) expect(body).toMatchObject({ error: 'invalid_grant' })
    const refresh = await post(`${system.demo.issuer}/oauth2/v2/token`, {
      form: { grant_type: 'refresh_token', refresh_token: String(won[0]?.body['refresh_token']) },
      headers: basic(client.clientId, client.secret),
    })
    expect(refresh).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })
})

describe('a refresh token', () => {
  const refresh = (refresh_token: string, change: Record<string, string> = {}, by = client) =>
    post(`${system.demo.issuer}/oauth2/v2/token`, {
      form: { grant_type: 'refresh_token', refresh_token, ...change },
      headers: basic(by.clientId, by.secret),
    })
  const first = async () => {
    const { body } = await redeem(codeOf(await approved({ scope: 'orders:read offline_access' })))
    return String(body['refresh_token'])
  }

  test('in fifty hands at once has one successor, the same for all', async () => {
    const token = await first()
    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(token)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(new Set(answers.map(({ body }) => body['refresh_token'])).size).toBe(1)
  })

  test('of another client, or for more than was agreed to, is refused, and stays good', async () => {
    const token = await first()
    expect((await refresh(token, {}, other)).status).toBe(400)
    expect(await refresh(token, { scope: 'orders:read orders:write' })).toMatchObject({
      body: { error: 'invalid_scope' },
    })
    expect((await refresh(token)).status).toBe(200)
  })
})

test('a password for tokens is not taken', async () => {
  const { username, password } = system.demo
  const answer = await post(`${system.demo.issuer}/oauth2/v2/token`, {
    form: { grant_type: 'password', username, password },
    headers: basic(client.clientId, client.secret),
  })
  expect(answer).toMatchObject({ status: 400, body: { error: 'unsupported_grant_type' } })
})
