import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { GrantSummary } from '@gatehouse/contracts/token/v1/grant'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startCli } from './testing/cli-harness.ts'

let cli: Awaited<ReturnType<typeof startCli>>
beforeAll(async () => {
  cli = await startCli()
})
beforeEach(() => cli.reset())
afterAll(() => cli.close())

describe('clients', () => {
  test('are registered for OAuth, changed, made none of OAuth, and deleted', async () => {
    const keys = await cli.file('keys.json', '{"keys":[{"kty":"EC"}]}')
    const registered = await cli.json(
      `clients register --environment alpha --id web --grant-type authorization_code --grant-type refresh_token
       --redirect-uri https://web.example/cb --auth-method private_key_jwt --jwks ${keys} --dpop --introspect orders`,
    )
    expect(registered).toMatchObject({
      client_id: 'web',
      registration: {
        ...{ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [{ kty: 'EC' }] } },
        ...{ grant_types: ['authorization_code', 'refresh_token'], redirect_uris: ['https://web.example/cb'] },
        ...{ dpop_bound_access_tokens: true, introspectable_apis: ['orders'], consent_implied: false },
      },
    })
    expect((await cli.run('clients list --environment alpha')).out).toMatch(/web .*authorization_code refresh_token/)
    const changed = await cli.json('clients change web --grant-type client_credentials --name Web')
    expect(changed).toMatchObject({
      display_name: 'Web',
      registration: { token_endpoint_auth_method: 'client_secret_basic', grant_types: ['client_credentials'] },
    })
    expect(await cli.json('clients change web --no-oauth')).not.toHaveProperty('registration')
    expect(await cli.json('clients delete web')).toMatchObject({ state: 'deleted', position: 'credential:15' })
  })

  test('are no OAuth clients where nothing says so', async () => {
    expect(await cli.json('clients register --environment alpha --id shop')).not.toHaveProperty('registration')
  })

  test.each(['none.json', 'list.json'])('a key set that is none (%s) is an error', async (name) => {
    await cli.file('list.json', '[]')
    const { code, err } = await cli.run(`clients register --environment alpha --jwks ${cli.directory}/${name}`)
    expect(code).toBe(1)
    expect(err).toContain(name)
  })
})

test('secrets are issued once, listed, expire and are revoked', async () => {
  const issued = await cli.json('secrets issue --client web --name CI --expires 30d')
  expect(issued).toMatchObject({ client_secret_id: 's1', client_secret_text: 'ghs_alpha_s1_secret' })
  await cli.run('secrets issue --client web')
  const { out } = await cli.run('secrets list --client web')
  expect(out).toMatch(/s1 +web +CI +active/)
  expect(out).not.toContain('ghs_')
  expect(await cli.json('secrets expire s1')).not.toHaveProperty('expire_time')
  expect(await cli.json('secrets revoke s1 --reason leaked')).toMatchObject({ state: 'revoked' })
})

test('initial access tokens are issued once, listed and revoked', async () => {
  const issued = await cli.json('initial-access-tokens issue --environment alpha --name Partners')
  expect(issued).toMatchObject({ initial_access_token_text: 'ghx_alpha_t1' })
  expect((await cli.run('initial-access-tokens list --environment alpha')).out).toMatch(/t1 +alpha +Partners +active/)
  expect(await cli.json('initial-access-tokens revoke t1')).toMatchObject({ state: 'revoked' })
})

test('users are made with a password from a file, changed, linked, suspended and resumed', async () => {
  const file = await cli.file('password', 'correct horse\n')
  let password: string | undefined
  const createUser = cli.answers.token?.createUser
  cli.answers.token = {
    ...cli.answers.token,
    async createUser(request, context) {
      password = request.password
      if (!createUser) throw new Error('no users')
      return createUser(request, context)
    },
  }
  const made = await cli.json(
    `users create --environment alpha --username ada --password-file ${file} --email ada@example.com --email-verified`,
  )
  expect(password).toBe('correct horse')
  expect(made).toMatchObject({ user_id: 'u1', has_password: true, claims: { email: 'ada@example.com' } })
  expect(await cli.json('users change u1 --name Ada')).toMatchObject({ claims: { name: 'Ada', email: '' } })
  expect((await cli.run('users list --environment alpha --username ada')).out).toMatch(/u1 +ada +Ada +active +true/)
  expect(await cli.json('users list --environment alpha --username bob')).toEqual([])
  await cli.run(`users password u1 --password-file ${file}`)
  expect(await cli.json('users link u1 --provider corp --subject 7')).toMatchObject({
    links: [{ provider_id: 'corp', provider_subject: '7' }],
  })
  expect(await cli.json('users suspend u1')).toMatchObject({ state: 'suspended' })
  expect(await cli.json('users resume u1')).toMatchObject({ state: 'active' })
  expect(await cli.json('users get u1')).toMatchObject({ username: 'ada' })
})

test('grants are listed and revoked', async () => {
  const grant = { grantId: 'g1', clientId: 'web', userId: 'u1', apiId: 'orders' }
  cli.services.grants.put('g1', GrantSummary.fromPartial({ grant, state: 2 }))
  expect((await cli.run('grants list --environment alpha --client web')).out).toMatch(/g1 +web +u1 +orders +active/)
  expect(await cli.json('grants get g1')).toMatchObject({ grant_id: 'g1' })
  expect(await cli.json('grants revoke g1')).toMatchObject({ state: 'revoked', revocation_reason: 'operator' })
})

test('signing keys are rotated, listed and removed', async () => {
  await cli.run('signing-keys rotate --environment alpha')
  await cli.run('signing-keys rotate --environment alpha --algorithm rs256')
  expect((await cli.run('signing-keys list --environment alpha')).out).toMatch(/k1 +es256 +published\n+k2 +rs256/)
  expect(await cli.json('signing-keys remove k1 --reason leaked')).toMatchObject({ state: 'removed' })
})

describe('tokens', () => {
  let server: Server
  let asked: { path: string; authorization: string; form: Record<string, string> }[]
  let answer: { status: number; body: string }
  let env: Record<string, string>

  beforeAll(async () => {
    server = createServer(async (request: IncomingMessage, response) => {
      const form = Object.fromEntries(new URLSearchParams(await text(request)))
      asked.push({ path: request.url ?? '', authorization: request.headers.authorization ?? '', form })
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const variables = { GATEHOUSE_CLIENT_ID: 'web', GATEHOUSE_CLIENT_SECRET: 'se cret:%' }
    env = { GATEHOUSE_ISSUER: `http://127.0.0.1:${port}`, ...variables }
  })
  beforeEach(() => {
    asked = []
    answer = { status: 200, body: '{"access_token":"t"}' }
  })
  afterAll(() => server.close())

  test('are issued for an API with the scopes that are asked for; the client proves itself by Basic', async () => {
    const { out } = await cli.run('tokens issue --api orders --scope a --scope b --json', { env })
    expect(JSON.parse(out)).toEqual({ access_token: 't' })
    const basic = `Basic ${Buffer.from('web:se%20cret%3A%25').toString('base64')}`
    expect(asked).toEqual([
      {
        ...{ path: '/orders/oauth2/v2/token', authorization: basic },
        form: { grant_type: 'client_credentials', scope: 'a b' },
      },
    ])
  })

  test('are issued for a resource, introspected, and revoked as their client; a token may stand in a file', async () => {
    const file = await cli.file('token', 'planted\n')
    await cli.run('tokens issue --resource urn:orders', { env })
    answer = { status: 200, body: '{"active":true}' }
    expect((await cli.run(`tokens introspect @${file}`, { env })).out).toMatch(/active +true/)
    answer = { status: 200, body: '' }
    expect((await cli.run('tokens revoke abc', { env })).out).toMatch(/revoked +true/)
    expect(asked.map(({ path, form }) => [path, form['resource'] ?? form['token']])).toEqual([
      ['/oauth2/v2/token', 'urn:orders'],
      ['/oauth2/v2/introspect', 'planted'],
      ['/oauth2/v2/revoke', 'abc'],
    ])
  })

  test('are revoked by jti and by time, as operator', async () => {
    expect(await cli.json('tokens revoke --id jti1 --environment alpha')).toEqual({ position: 'token:6' })
    await cli.run('tokens revoke-before --environment alpha --subject client --id web --before 1h')
    expect(await cli.json('tokens revoke-before --environment alpha --subject environment')).toMatchObject({
      position: 'token:7',
    })
    expect(cli.services.revoked).toEqual(['alpha/jti1', 'alpha/1/web', 'alpha/3/'])
  })

  test('the client of the demo is found, and its secret stays its own', async () => {
    const demo = { issuer: env['GATEHOUSE_ISSUER'], client_id: 'demo', client_secret: 'ghs_demo' }
    await cli.file('oauth-demo/demo.json', JSON.stringify(demo))
    const ofDemo = { GATEHOUSE_DATA_DIR: `${cli.directory}/oauth-demo` }
    await cli.run('tokens issue --api orders', { env: ofDemo })
    expect(asked[0]?.authorization).toBe(`Basic ${Buffer.from('demo:ghs_demo').toString('base64')}`)
    const other = await cli.run('tokens issue --api orders --client other', { env: ofDemo })
    expect(other).toMatchObject({ code: 1, err: 'gatehouse: no client secret: set GATEHOUSE_CLIENT_SECRET\n' })
  })

  test.each([
    [400, '{"error":"invalid_scope","error_description":"none of them"}', 'invalid_scope: none of them'],
    [401, '{"error":"invalid_client"}', 'invalid_client'],
    [503, '{}', 'status 503'],
    [200, 'hello', 'is this an issuer?'],
  ])('%i %s is an error of one line', async (status, body, message) => {
    answer = { status, body }
    const { code, err } = await cli.run('tokens issue --api orders', { env })
    expect(code).toBe(1)
    expect(err).toContain(message)
    expect(err.trim().split('\n')).toHaveLength(1)
    expect(err).not.toContain('se cret')
  })

  test('an issuer that is none, or not there, is an error of one line', async () => {
    for (const GATEHOUSE_ISSUER of ['alpha', 'http://127.0.0.1:1', '']) {
      const { code, err } = await cli.run('tokens issue --api orders', { env: { ...env, GATEHOUSE_ISSUER } })
      expect(code).toBe(1)
      expect(err.trim().split('\n')).toHaveLength(1)
    }
  })
})
