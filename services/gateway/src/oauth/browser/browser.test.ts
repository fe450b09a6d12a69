import { createHash } from 'node:crypto'
import {
  type InteractRequest,
  InteractResponse,
  MessageKind,
  ResponseMode,
} from '@gatehouse/contracts/token/v1/authorization_service'
import { Facts } from '@gatehouse/contracts/token/v1/token_service'
import { unavailable } from '@gatehouse/errors'
import { afterEach, expect, test } from 'vitest'
import { type Authorizing, authorizing } from '../../../test/authorizing.ts'

let gateway: Authorizing
afterEach(() => gateway.close())

type Next = InteractResponse['next']

/** A token service that answers each step alike, and keeps what it was asked. */
function answering(next: Next, over: Partial<InteractResponse> = {}) {
  const asked: InteractRequest[] = []
  const facts = { ...Facts.create(), reason: 'ok', clientId: 'c1', userId: 'u1' }
  return {
    asked,
    async interact(request: InteractRequest) {
      asked.push(request)
      return { ...InteractResponse.create(), next, facts, ...over }
    },
  }
}

const message = (kind: MessageKind): Next => ({
  $case: 'message',
  value: { kind, error: 'invalid_request', errorDescription: 'no <b>', interaction: '', redirectOrigin: '' },
})
const signInPage: Next = {
  $case: 'signIn',
  value: {
    ...{ interaction: 'sealed', clientName: 'Shop', username: '', localUsers: true, providers: [], failed: false },
    ...{ retryAfterSeconds: 0n, redirectOrigin: 'https://app.example' },
  },
}
const toClient = (responseMode: ResponseMode, redirectUri = 'https://app.example/cb?tenant=1'): Next => ({
  $case: 'clientRedirect',
  value: {
    redirectUri,
    parameters: [
      { name: 'code', value: 'x' },
      { name: 'state', value: '&<>" é+%' },
    ],
    responseMode,
  },
})

const cookiesOf = (answer: Response) => answer.headers.getSetCookie()
const bindingOf = (answer: Response) => /gh_browser=([^;]*)/.exec(cookiesOf(answer).join())?.[1] ?? ''

test('authorize shows the page that the token service wants, never framed or kept', async () => {
  const service = answering(signInPage)
  gateway = await authorizing(service)
  const answer = await gateway.ask('/orders/oauth2/v2/authorize?client_id=c1&state=%26&state=2')
  expect(answer.status).toBe(200)
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'x-frame-options': 'DENY',
  })
  expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
  expect(await answer.text()).toContain('action="/orders/oauth2/v2/sign-in"')
  expect(service.asked).toMatchObject([
    {
      endpoint: { environmentId: 'alpha', apiId: 'orders' },
      browser: { sessionToken: '' },
      action: {
        $case: 'startAuthorization',
        value: {
          parameters: [
            { name: 'client_id', value: 'c1' },
            { name: 'state', value: '&' },
            { name: 'state', value: '2' },
          ],
        },
      },
    },
  ])
  expect(await gateway.record()).toMatchObject({
    status_code: 'ok',
    actor: { app_uid: 'c1', user: { uid: 'u1' } },
    gatehouse: { operation: 'oauth2.authorize' },
  })
})

test('a browser gets a binding once, random, and carries it from then on', async () => {
  const service = answering(signInPage)
  gateway = await authorizing(service)
  const first = await gateway.ask('/oauth2/v2/authorize')
  const binding = bindingOf(first)
  expect(cookiesOf(first)).toEqual([`gh_browser=${binding}; Path=/; HttpOnly; SameSite=Lax`])
  expect(binding).toMatch(/^[\w-]{43}$/)
  const cookie = `a=b; gh_browser=${binding}; gh_session=ghu_x`
  const second = await gateway.ask('/oauth2/v2/authorize', { headers: { cookie } })
  expect(cookiesOf(second)).toEqual([])
  expect(service.asked.map(({ browser }) => browser)).toEqual([
    expect.objectContaining({ sessionToken: '', binding }),
    expect.objectContaining({ sessionToken: 'ghu_x', binding }),
  ])
  for (const bad of [
    'gh_browser=short',
    `gh_browser=${'x'.repeat(44)}`,
    `__Host-gh_browser=${binding}`,
    `xgh_browser=${binding}`,
  ]) {
    const again = await gateway.ask('/oauth2/v2/authorize', { headers: { cookie: bad } })
    expect(bindingOf(again)).toMatch(/^[\w-]{43}$/)
    expect(bindingOf(again)).not.toBe(binding)
  }
})

test('at an https issuer cookies are Secure and of this host alone; a new session comes and goes', async () => {
  const session = { sessionToken: 'ghu_x', maxAgeSeconds: 43200n }
  const service = answering(signInPage, { newSession: session })
  gateway = await authorizing(service, 'https://a')
  const answer = await gateway.ask('/oauth2/v2/authorize')
  const attributes = 'Path=/; HttpOnly; SameSite=Lax; Secure'
  expect(cookiesOf(answer)).toEqual([
    expect.stringMatching(new RegExp(`^__Host-gh_browser=[\\w-]{43}; ${attributes}$`)),
    `__Host-gh_session=ghu_x; ${attributes}; Max-Age=43200`,
  ])
  Object.assign(session, { sessionToken: '', maxAgeSeconds: 0n })
  expect(cookiesOf(await gateway.ask('/oauth2/v2/authorize'))[1]).toBe(`__Host-gh_session=; ${attributes}; Max-Age=0`)
})

test.each(['GET /oauth2/v2/authorize', 'POST /oauth2/v2/consent', 'POST /oauth2/v2/sign-in'])(
  '%s goes on with 303 and the answer in the query, byte for byte, never 307',
  async (line) => {
    gateway = await authorizing(answering(toClient(ResponseMode.RESPONSE_MODE_QUERY)))
    const [method, path = ''] = line.split(' ')
    const answer = method === 'GET' ? await gateway.ask(path) : await gateway.post(path, { interaction: 'sealed' })
    expect(answer.status).toBe(303)
    const location = new URL(answer.headers.get('location') ?? '')
    expect(location.href).toBe('https://app.example/cb?tenant=1&code=x&state=%26%3C%3E%22%20%C3%A9%2B%25')
    expect([...location.searchParams]).toEqual([
      ['tenant', '1'],
      ['code', 'x'],
      ['state', '&<>" é+%'],
    ])
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
    expect(answer.headers.get('cache-control')).toBe('no-store')
  },
)

test('form_post answers with a form that sends itself off, by no inline script', async () => {
  gateway = await authorizing(answering(toClient(ResponseMode.RESPONSE_MODE_FORM_POST)))
  const answer = await gateway.ask('/oauth2/v2/authorize')
  expect(answer.status).toBe(200)
  const html = await answer.text()
  expect(html).toContain('action="https://app.example/cb?tenant=1"')
  expect(html).toContain('value="&amp;&lt;&gt;&quot; é+%"')
  const script = /<script src="([^"]*)"/.exec(html)?.[1] ?? ''
  expect((await gateway.ask(script)).headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(html).not.toMatch(/<script(?! src)/)
})

test('to an identity provider', async () => {
  gateway = await authorizing(answering({ $case: 'redirectUrl', value: 'https://idp.example/auth?x=1' }))
  const answer = await gateway.post('/oauth2/v2/federation', { interaction: 'sealed', provider_id: 'corp' })
  expect([answer.status, answer.headers.get('location')]).toEqual([303, 'https://idp.example/auth?x=1'])
})

test('what cannot be answered to its client is a page here, with its error in words, escaped', async () => {
  gateway = await authorizing(answering(message(MessageKind.MESSAGE_KIND_ERROR)))
  const answer = await gateway.ask('/oauth2/v2/authorize?redirect_uri=https://evil.example')
  expect([answer.status, answer.headers.get('location')]).toEqual([400, null])
  expect(await answer.text()).toContain('no &lt;b&gt;')
})

const actions: [line: string, form: Record<string, string>, action: object][] = [
  [
    'POST sign-in',
    { interaction: 'i', username: 'ada', password: 'p+ &é' },
    { $case: 'signIn', value: { interaction: 'i', username: 'ada', password: 'p+ &é' } },
  ],
  [
    'POST consent',
    { interaction: 'i', decision: 'approve' },
    { $case: 'decideConsent', value: { interaction: 'i', approved: true } },
  ],
  ['POST consent', { interaction: 'i', decision: 'deny' }, { $case: 'decideConsent', value: { approved: false } }],
  ['POST consent', { interaction: 'i' }, { $case: 'decideConsent', value: { approved: false } }],
  [
    'POST federation',
    { interaction: 'i', provider_id: 'corp' },
    { $case: 'startFederatedSignIn', value: { interaction: 'i', providerId: 'corp' } },
  ],
  [
    'GET federation/callback',
    { code: 'c', state: 's' },
    {
      $case: 'finishFederatedSignIn',
      value: {
        parameters: [
          { name: 'code', value: 'c' },
          { name: 'state', value: 's' },
        ],
      },
    },
  ],
  ['GET device', {}, { $case: 'enterUserCode', value: { userCode: '' } }],
  ['POST device', { user_code: 'WDJB-MJHT' }, { $case: 'enterUserCode', value: { userCode: 'WDJB-MJHT' } }],
  [
    'GET sign-out',
    { id_token_hint: 'h' },
    { $case: 'signOut', value: { parameters: [{ name: 'id_token_hint', value: 'h' }], interaction: '' } },
  ],
  ['POST sign-out', { interaction: 'i' }, { $case: 'signOut', value: { parameters: [], interaction: 'i' } }],
  ['GET consents', {}, { $case: 'listConsents' }],
  [
    'POST consents',
    { interaction: 'i', client_id: 'c1' },
    { $case: 'withdrawConsent', value: { interaction: 'i', clientId: 'c1' } },
  ],
]

test.each(actions)('%s %j', async (line, form, action) => {
  const service = answering(message(MessageKind.MESSAGE_KIND_SIGNED_OUT))
  gateway = await authorizing(service)
  const [method, path] = line.split(' ')
  const query = new URLSearchParams(form)
  if (method === 'GET') await gateway.ask(`/oauth2/v2/${path}?${query}`)
  else await gateway.post(`/oauth2/v2/${path}`, query)
  expect(service.asked[0]?.action).toMatchObject(action)
})

test('a value that came twice is no value', async () => {
  const service = answering(signInPage)
  gateway = await authorizing(service)
  await gateway.post('/oauth2/v2/sign-in', 'interaction=i&username=a&username=b&password=p')
  expect(service.asked[0]?.action).toMatchObject({ value: { interaction: 'i', username: '', password: 'p' } })
})

test.each([
  ['GET', 'sign-in', 405],
  ['HEAD', 'authorize', 405],
  ['POST', 'federation/callback', 405],
])('%s %s is refused with a page', async (method, path, status) => {
  const service = answering(signInPage)
  gateway = await authorizing(service)
  const answer = await gateway.ask(`/oauth2/v2/${path}`, { method })
  expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'text/html; charset=utf-8'])
  expect(answer.headers.get('allow')).not.toBeNull()
  expect(service.asked).toEqual([])
})

test('a password in the query, a body that is no form, a query that is none: a page, and on record', async () => {
  const service = answering(signInPage)
  gateway = await authorizing(service)
  const cases: [reason: string, answer: () => Promise<Response>][] = [
    ['parameter_in_query', () => gateway.post('/oauth2/v2/sign-in?password=p', {})],
    ['form_malformed', () => gateway.post('/oauth2/v2/sign-in', '{}', { 'content-type': 'application/json' })],
    ['form_malformed', () => gateway.ask('/oauth2/v2/authorize?state=%ff')],
  ]
  for (const [reason, answer] of cases) {
    const { status, headers } = await answer()
    expect([status, headers.get('content-type')]).toEqual([400, 'text/html; charset=utf-8'])
    expect(await gateway.record()).toMatchObject({ status_code: reason })
  }
  expect(service.asked).toEqual([])
})

test('while the token service is away users are told to come back', async () => {
  gateway = await authorizing({ interact: () => Promise.reject(unavailable('TEST', 'secret words')) })
  const answer = await gateway.ask('/oauth2/v2/authorize')
  expect([answer.status, answer.headers.get('content-type')]).toEqual([503, 'text/html; charset=utf-8'])
  expect(await answer.text()).not.toContain('secret')
  expect(await gateway.record()).toMatchObject({ status_code: 'token_service_unavailable' })
})

test('no password, code or session reaches a record', async () => {
  const canary = 'c4n4ry'
  gateway = await authorizing(answering(toClient(ResponseMode.RESPONSE_MODE_QUERY)))
  await gateway.post('/oauth2/v2/sign-in', { username: 'a', password: canary }, { cookie: `gh_session=${canary}` })
  await gateway.ask(`/oauth2/v2/federation/callback?code=${canary}`)
  await expect.poll(async () => (await gateway.records()).length).toBe(2)
  expect(JSON.stringify(await gateway.records())).not.toContain(canary)
})

test('assets are kept for ever under the name of what is in them; others are not there', async () => {
  gateway = await authorizing(answering(signInPage))
  const path = /href="([^"]*\.css)"/.exec(await (await gateway.ask('/oauth2/v2/authorize')).text())?.[1] ?? ''
  const answer = await gateway.ask(path)
  expect(answer.headers.get('cache-control')).toContain('immutable')
  const hash = createHash('sha256')
    .update(await answer.text())
    .digest('base64url')
    .slice(0, 16)
  expect(path).toBe(`/oauth2/v2/assets/${hash}.css`)
  expect((await gateway.ask('/oauth2/v2/assets/other.css')).status).toBe(404)
})
