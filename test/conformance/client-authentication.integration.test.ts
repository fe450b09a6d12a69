import { randomUUID } from 'node:crypto'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Answer, basic, post, type Sent } from './endpoint.ts'
import { type System, startSystem } from './system.ts'

let system: System
let token: string
let secretClient: { clientId: string; secret: string }
let postClient: { clientId: string; secret: string }
let keyClient: { clientId: string }
const keys = await generateKeyPair('ES256', { extractable: true })
const grantTypes = ['client_credentials']
const grant = { grant_type: 'client_credentials' }

beforeAll(async () => {
  system = await startSystem()
  token = `${system.demo.issuer}/orders/oauth2/v2/token`
  secretClient = await system.register({ method: 'client_secret_basic', grantTypes })
  postClient = await system.register({ method: 'client_secret_post', grantTypes })
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256' }] })
  keyClient = await system.register({ method: 'private_key_jwt', grantTypes, more: { jwks } })
})
afterAll(() => system?.close())

const now = () => Math.floor(Date.now() / 1000)

/** An assertion that would be taken, but for what is changed. */
async function assertion(change: Record<string, unknown> = {}, header: Record<string, unknown> = {}): Promise<string> {
  const { clientId } = keyClient
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: system.demo.issuer,
    jti: randomUUID(),
    iat: now(),
    exp: now() + 60,
  }
  return new SignJWT({ ...claims, ...change })
    .setProtectedHeader({ alg: 'ES256', kid: 'k1', ...header })
    .sign(keys.privateKey)
}

const asserted = (client_assertion: string, more: Record<string, string> = {}): Sent => ({
  form: {
    ...grant,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion,
    ...more,
  },
})

describe('taken', () => {
  test('client_secret_basic', async () => {
    const answer = await post(token, { form: grant, headers: basic(secretClient.clientId, secretClient.secret) })
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer', expires_in: 3600 } })
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })
  test('client_secret_post', async () => {
    const { clientId: client_id, secret: client_secret } = postClient
    expect((await post(token, { form: { ...grant, client_id, client_secret } })).status).toBe(200)
  })
  test('private_key_jwt', async () => expect((await post(token, asserted(await assertion()))).status).toBe(200))
})

const otherCharacter = (character: string) => (character === 'x' ? 'y' : 'x')

function expectRefused(answer: Answer, error: string, status: number): void {
  expect(answer.body).toMatchObject({ error })
  expect(answer.status).toBe(status)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(answer.headers.get('www-authenticate')).toBe(status === 401 ? 'Basic realm="alpha"' : null)
  expect(Object.keys(answer.body).sort()).toEqual(['error', 'error_description'])
}

describe('secrets', () => {
  const refused: [string, () => Sent, string, number][] = [
    ['no client', () => ({ form: grant }), 'invalid_client', 401],
    [
      'a secret in the query',
      () => ({ form: grant, query: `?client_id=${postClient.clientId}&client_secret=x` }),
      'invalid_request',
      400,
    ],
    [
      'two methods',
      () => ({
        form: { ...grant, client_secret: secretClient.secret },
        headers: basic(secretClient.clientId, secretClient.secret),
      }),
      'invalid_request',
      400,
    ],
    [
      'another client_id in the body',
      () => ({
        form: { ...grant, client_id: postClient.clientId },
        headers: basic(secretClient.clientId, secretClient.secret),
      }),
      'invalid_request',
      400,
    ],
    [
      'a colon that is not encoded',
      () => ({ form: grant, headers: raw(`${secretClient.clientId}:${secretClient.secret}:x`) }),
      'invalid_client',
      401,
    ],
    [
      'a percent sign that is not encoded',
      () => ({ form: grant, headers: raw(`${secretClient.clientId}:100%`) }),
      'invalid_client',
      401,
    ],
    [
      'base64 in another spelling',
      () => ({
        form: grant,
        headers: {
          authorization: `${raw(`${secretClient.clientId}:${secretClient.secret}`).authorization?.replace(/=+$/, '')}A=`,
        },
      }),
      'invalid_client',
      401,
    ],
    [
      'a secret of another client',
      () => ({ form: grant, headers: basic(secretClient.clientId, postClient.secret) }),
      'invalid_client',
      401,
    ],
    [
      'a wrong secret',
      () => ({ form: grant, headers: basic(secretClient.clientId, secretClient.secret.replace(/.$/, otherCharacter)) }),
      'invalid_client',
      401,
    ],
    [
      'an unknown client',
      () => ({ form: grant, headers: basic('nobody', secretClient.secret) }),
      'invalid_client',
      401,
    ],
    [
      'a method that was not registered',
      () => ({ form: { ...grant, client_id: secretClient.clientId, client_secret: secretClient.secret } }),
      'invalid_client',
      401,
    ],
    [
      'only an id, of a confidential client',
      () => ({ form: { ...grant, client_id: secretClient.clientId } }),
      'invalid_client',
      401,
    ],
  ]
  test.each(refused)('%s', async (_name, sent, error, status) =>
    expectRefused(await post(token, sent()), error, status),
  )

  test('whether a client exists is told by nothing', async () => {
    const wrong = await post(token, { form: grant, headers: basic(secretClient.clientId, postClient.secret) })
    const unknown = await post(token, { form: grant, headers: basic('nobody', postClient.secret) })
    expect(unknown.body).toEqual(wrong.body)
    expect(unknown.headers.get('www-authenticate')).toBe(wrong.headers.get('www-authenticate'))
    expect(wrong.headers.get('www-authenticate')).toMatch(/^Basic /)
  })
})

function raw(text: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(text).toString('base64')}` }
}

describe('assertions', () => {
  const invalid: [string, () => Promise<string>][] = [
    ['for the token endpoint', () => assertion({ aud: token })],
    ['for a list that has the issuer in it', () => assertion({ aud: [system.demo.issuer, 'https://other.example'] })],
    ['for the issuer alone, as a list', () => assertion({ aud: [system.demo.issuer] })],
    ['for an issuer with a slash', () => assertion({ aud: `${system.demo.issuer}/` })],
    ['for ten years', () => assertion({ exp: now() + 315_360_000 })],
    ['expired', () => assertion({ exp: now() - 120 })],
    ['without expiry', () => assertion({ exp: undefined })],
    ['not yet valid', () => assertion({ nbf: now() + 600 })],
    ['without an id', () => assertion({ jti: undefined })],
    ['of another subject', () => assertion({ sub: secretClient.clientId })],
    ['of another issuer', () => assertion({ iss: secretClient.clientId })],
    ['with a key of its own', async () => assertion({}, { jwk: await exportJWK(keys.publicKey) })],
    ['with another kid', () => assertion({}, { kid: 'k2' })],
    ['changed', async () => `${(await assertion()).slice(0, -4)}AAAA`],
    [
      'unsigned',
      async () => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await assertion()).split('.')[1]}.`,
    ],
    ['no JWT', async () => 'x'],
  ]
  test.each(invalid)('%s', async (_name, make) => {
    const answer = await post(token, asserted(await make(), { client_id: keyClient.clientId }))
    expectRefused(answer, 'invalid_client', 401)
  })

  test('used again', async () => {
    const sent = asserted(await assertion())
    expect((await post(token, sent)).status).toBe(200)
    expectRefused(await post(token, sent), 'invalid_client', 401)
  })

  test('used fifty times at once: one of them counts', async () => {
    const sent = asserted(await assertion())
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(token, sent)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  test('beside a secret', async () => {
    const sent = { ...asserted(await assertion()), headers: basic(secretClient.clientId, secretClient.secret) }
    expectRefused(await post(token, sent), 'invalid_request', 400)
  })
})

describe('requests', () => {
  const headers = () => basic(secretClient.clientId, secretClient.secret)
  const refused: [string, Sent['form'], string, number][] = [
    ['the password grant', { grant_type: 'password', username: 'a', password: 'b' }, 'unsupported_grant_type', 400],
    ['the implicit grant', { grant_type: 'implicit' }, 'unsupported_grant_type', 400],
    ['no grant type', {}, 'invalid_request', 400],
    [
      'a grant type twice',
      [
        ['grant_type', 'client_credentials'],
        ['grant_type', 'client_credentials'],
      ],
      'invalid_request',
      400,
    ],
    ['one that was not registered', { grant_type: 'refresh_token', refresh_token: 'x' }, 'unauthorized_client', 400],
    ['a scope that nobody has', { ...grant, scope: 'admin' }, 'invalid_scope', 400],
    ['a malformed scope', { ...grant, scope: 'orders:read  "x"' }, 'invalid_scope', 400],
    ['another resource', { ...grant, resource: 'https://elsewhere.example/' }, 'invalid_target', 400],
    [
      '`__proto__`',
      [
        ['grant_type', 'client_credentials'],
        ['__proto__', 'x'],
        ['scope', '__proto__'],
      ],
      'invalid_scope',
      400,
    ],
  ]
  test.each(refused)('%s', async (_name, form, error, status) => {
    expectRefused(await post(token, { headers: headers(), ...(form && { form }) }), error, status)
  })

  test('of the scopes that were asked for, those that the client is entitled to', async () => {
    const answer = await post(token, { form: { ...grant, scope: 'orders:read admin' }, headers: headers() })
    expect(answer.body).toMatchObject({ scope: 'orders:read' })
  })

  test('a JSON body is no form', async () => {
    const response = await fetch(token, {
      method: 'POST',
      body: '{}',
      headers: { ...headers(), 'content-type': 'application/json' },
    })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: 'invalid_request' })
  })

  test('a GET is none', async () => expect((await fetch(token)).status).toBe(405))
})
