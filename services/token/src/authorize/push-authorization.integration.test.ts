import { createHash } from 'node:crypto'
import { Endpoint, type Parameter } from '@gatehouse/contracts/token/v1/token_service'
import { sharedDatabase } from '@gatehouse/testkit'
import pg from 'pg'
import { beforeAll, describe, expect, test } from 'vitest'
import { answerOf, Browser, newUser, parametersOf, requestOf, shown } from '../../test/browser.ts'
import { type GivenClient, issuerUrl } from '../../test/other-services.ts'
import { authorizationServerOn } from '../../test/running-server.ts'
import { issued, outcome, redeem } from '../../test/token-request.ts'

const given = authorizationServerOn(sharedDatabase)
const thumbprint = createHash('sha256').update('a key').digest('base64url')
let app: GivenClient
let web: GivenClient
let visitor: Browser
let username: string

beforeAll(async () => {
  app = await given.client('public')
  web = await given.client('confidential', { requirePushedAuthorizationRequests: true })
  username = (await newUser(await given.operators())).username
  visitor = new Browser(() => given.service)
})

const push = (client: GivenClient, parameters: readonly Parameter[], endpoint: Partial<Endpoint> = {}) => {
  const { authorization } = client
  const at = { ...Endpoint.create(), environmentId: 'alpha', authorization, ...endpoint }
  return given.service.calls.pushAuthorization({ endpoint: at, parameters: [...parameters] })
}
const pushed = async (
  client: GivenClient,
  parameters = requestOf(client.clientId),
  endpoint: Partial<Endpoint> = {},
) => {
  const { result, facts } = await push(client, parameters, endpoint)
  if (result?.$case !== 'pushed') throw new Error(`refused: ${facts?.reason}`)
  return result.value
}
const refusal = async (client: GivenClient, parameters: readonly Parameter[], endpoint: Partial<Endpoint> = {}) => {
  const { result, facts } = await push(client, parameters, endpoint)
  return result?.$case === 'refusal' ? `${result.value.status} ${result.value.error}: ${facts?.reason}` : 'pushed'
}
const throttled = '429 temporarily_unavailable: pushed_requests_throttled'
const by = ({ clientId }: GivenClient, uri: string) => parametersOf({ client_id: clientId, request_uri: uri })

test('a pushed request is used once, whatever else the browser brings', async () => {
  const { requestUri, expiresIn } = await pushed(web)
  expect(requestUri).toMatch(/^urn:ietf:params:oauth:request_uri:[\w-]{43}$/)
  expect(expiresIn).toBe(90n)
  const other = parametersOf({ client_id: web.clientId, request_uri: requestUri, scope: 'orders.write', state: 'evil' })
  const { code, state } = await visitor.authorize(other, username)
  expect(state).toBe('xyz')
  expect(issued(await redeem(given.service, web, code)).scope).toBe('openid orders.read')
  expect(shown(await visitor.start(by(web, requestUri)), 'message').error).toBe('invalid_request_uri')
})

test('of many at once one uses it', async () => {
  const { requestUri } = await pushed(app)
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => new Browser(() => given.service).start(by(app, requestUri))),
  )
  expect(answers.filter(({ $case }) => $case === 'signIn')).toHaveLength(1)
})

test('the API of the path it was pushed to', async () => {
  const { requestUri } = await pushed(app, requestOf(app.clientId, { resource: undefined }), { apiId: 'orders' })
  shown(await new Browser(() => given.service).start(by(app, requestUri)), 'signIn')
})

test('a proof at the push binds the code', async () => {
  const { requestUri } = await pushed(app, requestOf(app.clientId), { dpopThumbprint: thumbprint })
  const { code } = await visitor.authorize(by(app, requestUri), username)
  expect(outcome(await redeem(given.service, app, code))).toBe('invalid_grant: dpop_key_mismatch')
  expect(outcome(await redeem(given.service, app, code, {}, { dpopThumbprint: thumbprint }))).toBe('issued')
})

test('credentials of the client are not kept', async () => {
  const parameters = [...requestOf(app.clientId), ...parametersOf({ custom: 'canary-1', client_assertion_type: '' })]
  await pushed(app, parameters)
  const client = new pg.Client(given.postgresUrl)
  await client.connect()
  const { rows } = await client.query<{ parameters: Buffer }>('SELECT parameters FROM token.pushed_request')
  await client.end()
  expect(rows.length).toBeGreaterThan(0)
  expect(rows.some(({ parameters: kept }) => kept.includes('canary'))).toBe(false)
})

describe('refused at the push', () => {
  test('without end, from one place', async () => {
    const clientIp = '192.0.2.77'
    const answers: string[] = []
    for (let round = 0; round < 400 && answers.at(-1) !== throttled; round++)
      answers.push(await refusal(app, requestOf(app.clientId), { clientIp }))
    expect(answers.length).toBeGreaterThan(300)
    expect(answers.at(-1)).toBe(throttled)
    await pushed(app, requestOf(app.clientId), { clientIp: '198.51.100.7' })
  })
  test.each<[string, Record<string, string | undefined>, string]>([
    [
      'another redirect_uri',
      { redirect_uri: 'https://evil.example' },
      '400 invalid_request: redirect_uri_unregistered',
    ],
    ['plain', { code_challenge_method: 'plain' }, '400 invalid_request: code_challenge_required'],
    ['a request_uri', { request_uri: 'urn:x' }, '400 invalid_request: parameter_invalid'],
    ['a request object', { request: 'e30.e30.' }, '400 request_not_supported: request_object_unsupported'],
    ['an unknown scope', { scope: 'orders.delete' }, '400 invalid_scope: scope_invalid'],
    ['implicit', { response_type: 'token' }, '400 unsupported_response_type: response_type_unsupported'],
  ])('%s', async (_, more, expected) => expect(await refusal(app, requestOf(app.clientId, more))).toBe(expected))
  test('a client that does not authenticate', async () => {
    const anonymous = { ...web, authorization: '' }
    expect(await refusal(anonymous, requestOf(web.clientId))).toMatch(/^401 invalid_client/)
  })
  test('for another client', async () => {
    expect(await refusal(web, requestOf(app.clientId))).toMatch(/^400 invalid_request/)
  })
  test('a proof by another key than it names', async () => {
    const parameters = requestOf(app.clientId, { dpop_jkt: createHash('sha256').update('x').digest('base64url') })
    expect(await refusal(app, parameters, { dpopThumbprint: thumbprint })).toBe(
      '400 invalid_request: parameter_invalid',
    )
  })
})

describe('refused at the authorization endpoint', () => {
  test('a client that has to push', async () => {
    const answer = answerOf(await visitor.start(requestOf(web.clientId)))
    expect(answer).toMatchObject({ error: 'invalid_request', state: 'xyz', iss: issuerUrl })
    expect(visitor.last?.facts?.reason).toBe('request_not_pushed')
  })
  test('what another client pushed', async () => {
    const { requestUri } = await pushed(web)
    expect(shown(await visitor.start(by(app, requestUri)), 'message').error).toBe('invalid_request_uri')
    expect(answerOf(await visitor.start(by(web, requestUri)))).toHaveProperty('code')
  })
  test.each(['https://app.example/request.jwt', 'urn:ietf:params:oauth:request_uri:x', ''])(
    'the request_uri %j: it is fetched from nowhere',
    async (uri) => expect(shown(await visitor.start(by(app, uri)), 'message').kind).toBe(1),
  )
  test('without client_id', async () => {
    const { requestUri } = await pushed(app)
    const parameters = parametersOf({ request_uri: requestUri })
    expect(shown(await visitor.start(parameters), 'message').error).toBe('invalid_request_uri')
  })
  test('after 90 s', async () => {
    const { requestUri } = await pushed(app)
    const client = new pg.Client(given.postgresUrl)
    await client.connect()
    await client.query("UPDATE token.pushed_request SET expire_time = expire_time - interval '90 s'")
    await client.end()
    expect(shown(await visitor.start(by(app, requestUri)), 'message').error).toBe('invalid_request_uri')
  })
})
