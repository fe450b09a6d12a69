import { ClientState } from '@gatehouse/contracts/credential/v1/client'
import { ClientRegistrationServiceClient } from '@gatehouse/contracts/credential/v1/client_registration_service'
import { parseSecret } from '@gatehouse/credential-format'
import { createClient, devCertificates } from '@gatehouse/grpc-service'
import { sharedDatabase } from '@gatehouse/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { console, dataDir, id, logLines, refused, serveOn, service } from '../running-service.fixture.ts'

serveOn(sharedDatabase)

const registrationEndpoint = 'https://alpha.example/oauth2/v2/register'
const environmentId = 'alpha'
const shop = { redirect_uris: ['https://shop.example/cb'], client_name: 'Shop' }
let gateway: ReturnType<typeof clientOf>
let initial: { text: string; id: string }
/** None of them may be found in a log line. */
const secrets: string[] = []

const clientOf = (tls: Awaited<ReturnType<typeof devCertificates>>) =>
  createClient(ClientRegistrationServiceClient, { address: service.address, tls, peer: 'credential' })

beforeAll(async () => {
  gateway = clientOf(await devCertificates(dataDir, 'gateway'))
  initial = await initialToken()
})
afterAll(() => gateway.close())

async function initialToken(expireTime?: Date, clientsMax = 0) {
  const answer = await console.issueInitialAccessToken({
    ...{ requestId: id(), environmentId, displayName: 'Partners' },
    expireTime,
    clientsMax,
  })
  secrets.push(answer.initialAccessTokenText)
  return {
    text: answer.initialAccessTokenText,
    id: answer.initialAccessToken?.initialAccessTokenId ?? '',
  }
}

const bytes = (metadata: unknown) => Buffer.from(JSON.stringify(metadata))

const register = (metadata: unknown, token = initial.text, requestId = id()) =>
  gateway.registerDynamicClient({
    ...{ requestId, environmentId, registrationEndpoint, metadata: bytes(metadata) },
    authorization: token && `Bearer ${token}`,
  })

async function registered(metadata: unknown = shop) {
  const { result, facts, position } = await register(metadata)
  if (result?.$case !== 'body') throw new Error(result?.value.errorDescription)
  const body = JSON.parse(result.value)
  for (const text of [body.client_secret, body.registration_access_token]) if (text) secrets.push(text)
  return { body, facts, position }
}

const own = (body: { client_id: string; registration_access_token: string }) => ({
  ...{ environmentId, registrationEndpoint, clientId: body.client_id },
  authorization: `Bearer ${body.registration_access_token}`,
})

const told = ({ result }: { result?: { $case: string; value: unknown } | undefined }) => result?.value

describe('registers', () => {
  test('a client with the defaults of RFC 7591, its secret and its access token', async () => {
    const { body, facts, position } = await registered()
    expect(body).toMatchObject({
      ...{ ...shop, token_endpoint_auth_method: 'client_secret_basic', grant_types: ['authorization_code'] },
      ...{ response_types: ['code'], client_secret_expires_at: 0 },
      registration_client_uri: `${registrationEndpoint}/${body.client_id}`,
    })
    expect(Math.abs(body.client_id_issued_at - Date.now() / 1000)).toBeLessThan(60)
    expect(parseSecret('client_secret', body.client_secret)).toMatchObject({ kind: 'own', environmentId })
    expect(facts).toMatchObject({ reason: 'ok', clientId: body.client_id, credentialId: initial.id })
    expect(position).toBeGreaterThan(0n)
    const { client } = await console.getClient({ clientId: body.client_id })
    expect(client).toMatchObject({ displayName: 'Shop', state: ClientState.CLIENT_STATE_ACTIVE })
    const owned = { environmentId: '', clientId: body.client_id, pageSize: 0, pageToken: '' }
    expect(await console.listSubscriptions(owned)).toMatchObject({ subscriptions: [] })
  })

  test('a public client, which gets no secret', async () => {
    const { body } = await registered({ ...shop, token_endpoint_auth_method: 'none' })
    expect(body).not.toHaveProperty('client_secret')
    expect(await console.listClientSecrets({ clientId: body.client_id })).toMatchObject({ clientSecrets: [] })
  })

  test('nothing that only operators grant', async () => {
    const asked = { ...shop, consent_implied: true, introspectable_apis: ['orders'], exchangeable_apis: ['orders'] }
    const { body } = await registered(asked)
    const { client } = await console.getClient({ clientId: body.client_id })
    expect(client?.registration).toMatchObject({ consentImplied: false, introspectableApis: [], exchangeableApis: [] })
  })
})

describe('is refused', () => {
  const missing = { error: 'invalid_token', status: 401, challenge: 'Bearer' }
  const invalid = { error: 'invalid_token', status: 401, challenge: 'Bearer error="invalid_token"' }
  test('without a token', async () => {
    const answer = await register(shop, '')
    expect(told(answer)).toMatchObject(missing)
    expect(answer.facts?.reason).toBe('registration_token_missing')
  })
  test.each([
    ['nonsense', () => 'nonsense'],
    ['another secret', () => initial.text.replace(/.{30}_(?=[a-z2-7]{7}$)/, `${'a'.repeat(30)}_`)],
    ['two', () => `${initial.text} ${initial.text}`],
  ])('with a token that is %s', async (_, token) => expect(told(await register(shop, token()))).toMatchObject(invalid))
  test('with a token of another kind', async () => {
    const { body } = await registered()
    expect(told(await register(shop, body.client_secret))).toMatchObject(invalid)
    expect(told(await register(shop, body.registration_access_token))).toMatchObject(invalid)
  })
  test('in another environment', async () => {
    const request = { requestId: id(), registrationEndpoint, metadata: bytes(shop) }
    const elsewhere = { ...request, environmentId: 'beta', authorization: `Bearer ${initial.text}` }
    expect(told(await gateway.registerDynamicClient(elsewhere))).toMatchObject(invalid)
  })
  test('with a token that was revoked', async () => {
    const { text, id: initialAccessTokenId } = await initialToken()
    await console.revokeInitialAccessToken({ requestId: id(), initialAccessTokenId, reason: '' })
    expect(told(await register(shop, text))).toMatchObject(invalid)
    const page = { environmentId, pageSize: 0, pageToken: '' }
    const { initialAccessTokens } = await console.listInitialAccessTokens(page)
    expect(initialAccessTokens.find((each) => each.initialAccessTokenId === initialAccessTokenId)?.state).toBe(2)
  })

  test('with a token that was used as often as it may be, however many ask at once', async () => {
    const { text, id: initialAccessTokenId } = await initialToken(undefined, 3)
    const answers = await Promise.all(Array.from({ length: 10 }, () => register(shop, text)))
    expect(answers.filter(({ result }) => result?.$case === 'body')).toHaveLength(3)
    expect(told(await register(shop, text))).toMatchObject(invalid)
    const { initialAccessTokens } = await console.listInitialAccessTokens({ environmentId, pageSize: 0, pageToken: '' })
    const found = initialAccessTokens.find((each) => each.initialAccessTokenId === initialAccessTokenId)
    expect(found).toMatchObject({ clientsMax: 3, clientCount: 3 })
  })

  test.each<[string, unknown, string]>([
    ['a list', [], 'invalid_client_metadata'],
    ['a redirect over http', { redirect_uris: ['http://shop.example/cb'] }, 'invalid_redirect_uri'],
    ['no redirect', {}, 'invalid_redirect_uri'],
    ['the implicit grant', { ...shop, grant_types: ['implicit'] }, 'invalid_client_metadata'],
    ['another response type', { ...shop, response_types: ['token'] }, 'invalid_client_metadata'],
    [
      'code without its grant',
      { grant_types: ['client_credentials'], response_types: ['code'] },
      'invalid_client_metadata',
    ],
    ['an unknown method', { ...shop, token_endpoint_auth_method: 'client_secret_jwt' }, 'invalid_client_metadata'],
    ['keys elsewhere', { ...shop, jwks_uri: 'https://shop.example/jwks' }, 'invalid_client_metadata'],
    ['a private key', { ...shop, jwks: { keys: [{ kty: 'oct', k: 'AA' }] } }, 'invalid_client_metadata'],
    ['a text for a list', { redirect_uris: 'https://shop.example/cb' }, 'invalid_redirect_uri'],
    ['a name that steers', { ...shop, client_name: 'a\u0007' }, 'invalid_client_metadata'],
    ['a name that turns around', { ...shop, client_name: 'a\u202eb' }, 'invalid_client_metadata'],
    ['too much', { ...shop, client_name: 'a'.repeat(65_000) }, 'invalid_client_metadata'],
  ])('with %s', async (_, metadata, error) => {
    const answer = await register(metadata)
    expect(told(answer)).toMatchObject({ error, status: 400 })
    expect((told(answer) as { errorDescription: string }).errorDescription).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
  })

  test('when it is the console or the audit service that asks', async () => {
    for (const name of ['console', 'audit']) {
      const other = clientOf(await devCertificates(dataDir, name))
      const asked = other.getDynamicClient({ environmentId, registrationEndpoint, clientId: 'a', authorization: '' })
      await expect(asked).rejects.toEqual(refused('PERMISSION_DENIED', 'CALLER_NOT_ALLOWED'))
      other.close()
    }
  })
})

describe('a client that registered itself', () => {
  test('reads what it is, without its secret', async () => {
    const { body } = await registered()
    const answer = await gateway.getDynamicClient(own(body))
    const { client_secret, client_secret_expires_at, ...rest } = body
    expect(JSON.parse(String(told(answer)))).toEqual(rest)
    expect(answer.facts).toMatchObject({ reason: 'ok', clientId: body.client_id })
  })

  test('replaces what it is, and keeps what an operator granted', async () => {
    const { body } = await registered({ ...shop, token_endpoint_auth_method: 'none' })
    const clientId = body.client_id
    const { client } = await console.getClient({ clientId })
    const registration = { ...client!.registration!, registrationTokenDigest: new Uint8Array(), consentImplied: true }
    await console.changeClientRegistration({ requestId: id(), clientId, displayName: '', registration })
    const metadata = bytes({ client_id: clientId, redirect_uris: ['https://shop.example/new'], client_name: 'New' })
    const answer = await gateway.replaceDynamicClient({ ...own(body), requestId: id(), metadata })
    const next = JSON.parse(String(told(answer)))
    secrets.push(next.client_secret)
    expect(next).toMatchObject({
      ...{ client_id: clientId, client_name: 'New', redirect_uris: ['https://shop.example/new'] },
      ...{ token_endpoint_auth_method: 'client_secret_basic', client_secret: expect.stringMatching(/^ghs_alpha_/) },
    })
    expect((await console.getClient({ clientId })).client?.registration).toMatchObject({ consentImplied: true })
    const again = await gateway.replaceDynamicClient({
      ...{ ...own(body), requestId: id() },
      metadata: bytes({ ...shop, client_id: clientId, client_secret: next.client_secret }),
    })
    expect(JSON.parse(String(told(again)))).not.toHaveProperty('client_secret')
  })

  test.each<[string, (body: { client_id: string }) => object]>([
    ['no id', () => shop],
    ['another id', () => ({ ...shop, client_id: 'other' })],
    ['a secret that is none', ({ client_id }) => ({ ...shop, client_id, client_secret: 'x' })],
    ['what the server says', ({ client_id }) => ({ ...shop, client_id, client_id_issued_at: 1 })],
  ])('does not replace it with %s', async (_, metadata) => {
    const { body } = await registered()
    const request = { ...own(body), requestId: id(), metadata: bytes(metadata(body)) }
    expect(told(await gateway.replaceDynamicClient(request))).toMatchObject({ error: 'invalid_client_metadata' })
  })

  test('does not replace it with the secret of another client', async () => {
    const [{ body }, { body: other }] = [await registered(), await registered()]
    const metadata = bytes({ ...shop, client_id: body.client_id, client_secret: other.client_secret })
    const answer = await gateway.replaceDynamicClient({ ...own(body), requestId: id(), metadata })
    expect(told(answer)).toMatchObject({ error: 'invalid_client_metadata' })
  })

  test('is managed by its own token alone, and by none when it is suspended or deleted', async () => {
    const [{ body }, { body: other }] = [await registered(), await registered()]
    const invalid = { error: 'invalid_token', status: 401 }
    const asOther = { ...own(body), authorization: own(other).authorization }
    for (const authorization of [asOther.authorization, `Bearer ${initial.text}`, 'Bearer x', 'Basic eDp5']) {
      expect(told(await gateway.getDynamicClient({ ...own(body), authorization }))).toMatchObject(invalid)
      const deletion = await gateway.deleteDynamicClient({ ...own(body), requestId: id(), authorization })
      expect(deletion.refusal).toMatchObject(invalid)
    }
    expect(told(await gateway.getDynamicClient({ ...own(body), clientId: 'nobody' }))).toMatchObject(invalid)
    const clientId = body.client_id
    await console.suspendClient({ requestId: id(), clientId, reason: '' })
    expect(told(await gateway.getDynamicClient(own(body)))).toMatchObject(invalid)
    await console.resumeClient({ requestId: id(), clientId })
    const { refusal, facts, position } = await gateway.deleteDynamicClient({ ...own(body), requestId: id() })
    expect({ refusal, reason: facts?.reason }).toEqual({ refusal: undefined, reason: 'ok' })
    expect(position).toBeGreaterThan(0n)
    expect((await console.getClient({ clientId })).client?.state).toBe(ClientState.CLIENT_STATE_DELETED)
    expect(told(await gateway.getDynamicClient(own(body)))).toMatchObject(invalid)
  })
})

test('a request that was answered makes no second client', async () => {
  const requestId = id()
  await register(shop, initial.text, requestId)
  const again = register(shop, initial.text, requestId)
  await expect(again).rejects.toEqual(refused('FAILED_PRECONDITION', 'REQUEST_ID_REUSED'))
})

test('no secret is in a log line', () => {
  expect(secrets.length).toBeGreaterThan(10)
  for (const secret of secrets) expect(logLines.includes(secret)).toBe(false)
})
