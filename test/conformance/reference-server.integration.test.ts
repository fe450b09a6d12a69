import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider, { errors } from 'oidc-provider'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { basic } from './endpoint.ts'
import { type System, startSystem } from './system.ts'

/** Where a server's endpoints are, from its own metadata, and a client of it. */
interface Subject {
  readonly metadata: Readonly<Record<string, string>>
  readonly clientId: string
  readonly secret: string
  readonly publicClientId: string
}

/** What is compared: the status and the error code; where a browser is sent, and with which error. */
type Outcome = string

const redirectUri = 'http://127.0.0.1:8765/callback'
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

const form =
  (endpoint: string, body: Record<string, string> | string, headers?: (s: Subject) => Record<string, string>) =>
  async (subject: Subject): Promise<Outcome> => {
    const response = await fetch(subject.metadata[endpoint] ?? '', {
      method: 'POST',
      body: typeof body === 'string' ? body : new URLSearchParams(body),
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers?.(subject) },
      redirect: 'manual',
    })
    const text = await response.text()
    const { error, active } = text.startsWith('{') ? JSON.parse(text) : ({} as { error?: string; active?: boolean })
    return [response.status, error, active === undefined ? undefined : `active: ${active}`].filter(Boolean).join(' ')
  }

const authorize =
  (change: Record<string, string | undefined>) =>
  async (subject: Subject): Promise<Outcome> => {
    const good = {
      ...{ client_id: subject.publicClientId, redirect_uri: redirectUri, response_type: 'code', scope: 'openid' },
      ...{ code_challenge: challenge, code_challenge_method: 'S256', state: 'xyz' },
    }
    const parameters = Object.entries({ ...good, ...change }).filter(([, value]) => value !== undefined)
    const query = new URLSearchParams(parameters as [string, string][])
    const response = await fetch(`${subject.metadata['authorization_endpoint']}?${query}`, { redirect: 'manual' })
    await response.text()
    const location = response.headers.get('location') ?? ''
    if (!location.startsWith(redirectUri))
      return response.status < 400 ? 'the user is asked' : `${response.status}, no redirect`
    // A response_type that has a token in it is answered in the fragment (OAuth 2.0 Multiple Response Types).
    const { searchParams, hash } = new URL(location)
    const answer = hash ? new URLSearchParams(hash.slice(1)) : searchParams
    return `back to the client: ${answer.get('error')}${answer.get('state') === 'xyz' ? '' : ', state lost'}`
  }

const own = ({ clientId, secret }: Subject) => basic(clientId, secret)
const credentials = { grant_type: 'client_credentials' }

const requests: Readonly<Record<string, (subject: Subject) => Promise<Outcome>>> = {
  'token: client credentials': form('token_endpoint', credentials, own),
  'token: no client': form('token_endpoint', credentials),
  'token: unknown client': form('token_endpoint', credentials, ({ secret }) => basic('nobody', secret)),
  'token: wrong secret': form('token_endpoint', credentials, ({ clientId }) => basic(clientId, 'wrong')),
  'token: secret in header and body': form('token_endpoint', { ...credentials, client_secret: 'x' }, own),
  'token: another client_id in the body': form('token_endpoint', { ...credentials, client_id: 'other' }, own),
  'token: no grant_type': form('token_endpoint', { scope: 'a' }, own),
  'token: grant_type password': form('token_endpoint', { grant_type: 'password', username: 'a', password: 'b' }, own),
  'token: grant_type twice': form('token_endpoint', 'grant_type=client_credentials&grant_type=client_credentials', own),
  'token: unknown scope': form('token_endpoint', { ...credentials, scope: 'admin' }, own),
  'token: unknown resource': form('token_endpoint', { ...credentials, resource: 'https://elsewhere.example/' }, own),
  'token: resource with a fragment': form('token_endpoint', { ...credentials, resource: 'https://a.example/#x' }, own),
  'token: unknown code': form(
    'token_endpoint',
    { grant_type: 'authorization_code', code: 'x', redirect_uri: redirectUri, code_verifier: 'a'.repeat(43) },
    own,
  ),
  'token: unknown refresh token': form('token_endpoint', { grant_type: 'refresh_token', refresh_token: 'x' }, own),
  'token: a JSON body': form('token_endpoint', '{"grant_type":"client_credentials"}', (s) => ({
    ...own(s),
    'content-type': 'application/json',
  })),
  'introspection: no client': form('introspection_endpoint', { token: 'x' }),
  'introspection: unknown token': form('introspection_endpoint', { token: 'x' }, own),
  'introspection: no token': form('introspection_endpoint', {}, own),
  'revocation: no client': form('revocation_endpoint', { token: 'x' }),
  'revocation: unknown token': form('revocation_endpoint', { token: 'x' }, own),
  'revocation: unknown token_type_hint': form('revocation_endpoint', { token: 'x', token_type_hint: 'y' }, own),
  'revocation: no token': form('revocation_endpoint', {}, own),
  'authorization: a good request': authorize({}),
  'authorization: no client_id': authorize({ client_id: undefined }),
  'authorization: unknown client': authorize({ client_id: 'nobody' }),
  'authorization: unknown redirect_uri': authorize({ redirect_uri: 'https://evil.example/' }),
  'authorization: another loopback port': authorize({ redirect_uri: 'http://127.0.0.1:9999/callback' }),
  'authorization: response_type token': authorize({ response_type: 'token' }),
  'authorization: no response_type': authorize({ response_type: undefined }),
  'authorization: no code_challenge': authorize({ code_challenge: undefined, code_challenge_method: undefined }),
  'authorization: code_challenge_method plain': authorize({ code_challenge_method: 'plain' }),
  'authorization: prompt none, nobody signed in': authorize({ prompt: 'none' }),
  'authorization: unknown prompt': authorize({ prompt: 'dance' }),
  'authorization: prompt none and login': authorize({ prompt: 'none login' }),
  'authorization: max_age that is no number': authorize({ max_age: 'x' }),
  'authorization: unknown response_mode': authorize({ response_mode: 'smoke' }),
  'authorization: a request object': authorize({ request: 'x.y.z' }),
  'authorization: a foreign request_uri': authorize({ request_uri: 'https://evil.example/request' }),
  'pushed authorization: no client': form('pushed_authorization_request_endpoint', { response_type: 'code' }),
  'userinfo: no token': async ({ metadata }) => String((await fetch(metadata['userinfo_endpoint'] ?? '')).status),
  'userinfo: unknown token': async ({ metadata }) =>
    String((await fetch(metadata['userinfo_endpoint'] ?? '', { headers: { authorization: 'Bearer x' } })).status),
}

let system: System
let server: Server
let gatehouse: Subject
let reference: Subject

beforeAll(async () => {
  system = await startSystem()
  const grantTypes = ['client_credentials', 'authorization_code', 'refresh_token']
  const confidential = await system.register({ method: 'client_secret_basic', grantTypes, redirectUris: [redirectUri] })
  const open = { method: 'none', grantTypes: ['authorization_code'], redirectUris: [redirectUri] } as const
  const { clientId: publicClientId } = await system.register(open)
  gatehouse = { ...confidential, publicClientId, metadata: await discover(system.demo.issuer) }
  reference = await startReference()
})
afterAll(async () => {
  server?.close()
  await system?.close()
})

async function discover(issuer: string): Promise<Record<string, string>> {
  return (await (await fetch(`${issuer}/.well-known/openid-configuration`)).json()) as Record<string, string>
}

/** oidc-provider with the features and the strictness that Gatehouse has. */
async function startReference(): Promise<Subject> {
  server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const resource = `${issuer}/orders`
  const secret = 'a-secret-that-nobody-guesses-at-all'
  const common = {
    redirect_uris: [redirectUri],
    response_types: ['code' as const],
    application_type: 'native' as const,
  }
  const provider = new Provider(issuer, {
    clients: [
      {
        ...common,
        client_id: 'app',
        client_secret: secret,
        grant_types: ['client_credentials', 'authorization_code', 'refresh_token'],
      },
      { ...common, client_id: 'public', token_endpoint_auth_method: 'none', grant_types: ['authorization_code'] },
    ],
    pkce: { required: () => true },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        getResourceServerInfo: (_context: unknown, indicator: string) => {
          if (indicator !== resource) throw new errors.InvalidTarget()
          return { scope: 'orders:read', accessTokenFormat: 'jwt' as const }
        },
      },
    },
    interactions: { url: () => '/interaction' },
  })
  server.on('request', provider.callback())
  return { clientId: 'app', secret, publicClientId: 'public', metadata: await discover(issuer) }
}

/** The rows of the table in docs/oauth.md: request, ours, oidc-provider's, why. */
async function documented(): Promise<Map<string, readonly string[]>> {
  const text = await readFile(new URL('../../docs/oauth.md', import.meta.url), 'utf8')
  const rows = text
    .split('\n')
    .filter((line) => /^\| (token|introspection|revocation|authorization|pushed|userinfo)/.test(line))
  return new Map(
    rows.map((line) => line.split('|').map((cell) => cell.trim())).map(([, name = '', ...cells]) => [name, cells]),
  )
}

test.each(Object.keys(requests))('%s', async (name) => {
  const send = requests[name]
  if (!send) throw new Error(`no request ${name}`)
  const [ours, theirs] = [await send(gatehouse), await send(reference)]
  const row = (await documented()).get(name)
  if (ours === theirs) expect(row, 'a difference that is none any more').toBeUndefined()
  else expect(row?.slice(0, 2), 'a difference that docs/oauth.md does not tell').toEqual([ours, theirs])
})
