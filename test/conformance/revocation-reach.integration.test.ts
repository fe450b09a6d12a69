import { randomUUID } from 'node:crypto'
import { CutoffSubject } from '@gatehouse/contracts/token/v1/revocation'
import { waitFor } from '@gatehouse/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { basic, claimsOf, post } from './endpoint.ts'
import { type System, startSystem } from './system.ts'

let system: System
const at = (path: string) => `${system.demo.issuer}${path}`
const requestId = () => randomUUID()

beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system?.close())

/** A client of its own for each test, with a token that works. */
async function withToken() {
  const client = await system.register({ method: 'client_secret_basic', grantTypes: ['client_credentials'] })
  const form = { grant_type: 'client_credentials' }
  const issue = () => post(at('/orders/oauth2/v2/token'), { form, headers: basic(client.clientId, client.secret) })
  const issued = async () => ((await issue()).status === 200 ? issue() : undefined)
  const answer = await waitFor(issued, { what: 'a token' })
  const token = String(answer?.body['access_token'])
  expect((await call(token)).status).toBe(200)
  return { ...client, token, issue }
}

const call = (token: string, headers: Record<string, string> = {}) =>
  fetch(at('/orders/items'), { headers: { authorization: `Bearer ${token}`, ...headers } })

/** Demanding the position of the revocation, the very next call is refused. */
async function expectRefused(token: string, position: string): Promise<void> {
  expect((await call(token, { 'x-gatehouse-position': position })).status).toBeGreaterThanOrEqual(401)
  expect((await call(token)).ok).toBe(false)
}

test('by `jti`', async () => {
  const { token } = await withToken()
  const tokenId = String(claimsOf(token)['jti'])
  const { position } = await system.admin.revokeTokenById({
    ...{ requestId: requestId(), environmentId: 'alpha', tokenId, reason: 'leaked', expireTime: undefined },
  })
  await expectRefused(token, `token:${position}`)
})

test('everything issued to a client before now; what is issued after works', async () => {
  const { token, clientId, issue } = await withToken()
  const subject = CutoffSubject.CUTOFF_SUBJECT_CLIENT
  const { position } = await system.admin.revokeTokensBefore({
    ...{ requestId: requestId(), environmentId: 'alpha', subject, subjectId: clientId, reason: '', before: undefined },
  })
  await expectRefused(token, `token:${position}`)
  // The token service has heard of it when the gateway has: both follow the log.
  expect((await call(String((await issue()).body['access_token']))).status).toBe(200)
})

test('a subscription that is suspended or cancelled', async () => {
  const { token, clientId } = await withToken()
  const { subscriptions } = await system.credential.listSubscriptions({
    ...{ environmentId: '', clientId, pageSize: 10, pageToken: '' },
  })
  const [{ subscriptionId = '' } = {}] = subscriptions
  const request = () => ({ requestId: requestId(), subscriptionId, expectedVersion: undefined })
  const suspended = await system.credential.suspendSubscription({ ...request(), reason: '' })
  await expectRefused(token, `credential:${suspended.position}`)
  const resumed = await system.credential.resumeSubscription(request())
  expect((await call(token, { 'x-gatehouse-position': `credential:${resumed.position}` })).status).toBe(200)
  const cancelled = await system.credential.cancelSubscription({ ...request(), reason: '' })
  await expectRefused(token, `credential:${cancelled.position}`)
})

test('a client that is suspended', async () => {
  const { token, clientId } = await withToken()
  const request = { requestId: requestId(), clientId, reason: '', expectedVersion: undefined }
  const { position } = await system.credential.suspendClient(request)
  await expectRefused(token, `credential:${position}`)
})

test("a client's secret that is revoked, and with it what it gave", async () => {
  const { token, clientId, issue } = await withToken()
  const { clientSecrets } = await system.credential.listClientSecrets({ clientId })
  const [{ clientSecretId = '' } = {}] = clientSecrets
  const { position } = await system.credential.revokeClientSecret({
    requestId: requestId(),
    clientSecretId,
    reason: '',
  })
  await expectRefused(token, `credential:${position}`)
  await waitFor(async () => (await issue()).status === 401, { what: 'the secret is refused' })
})

test('every record of a refusal names the token and why', async () => {
  const { token } = await withToken()
  const tokenId = String(claimsOf(token)['jti'])
  const { position } = await system.admin.revokeTokenById({
    ...{ requestId: requestId(), environmentId: 'alpha', tokenId, reason: 'leaked', expireTime: undefined },
  })
  const refused = await call(token, { 'x-gatehouse-position': `token:${position}` })
  const { decision_id: id } = (await refused.json()) as { decision_id: string }
  const record = async () => {
    const { demo } = system
    const headers = { authorization: `Bearer ${demo.operator_token}` }
    const response = await fetch(`${demo.console}/v1/decisions/${id}`, { headers })
    return response.ok ? ((await response.json()) as { decision: { reason: string; record: object } }) : undefined
  }
  const { decision } = (await waitFor(record, { what: 'the record' })) ?? {}
  expect(decision).toMatchObject({ reason: 'token_revoked', allowed: false })
  expect(JSON.stringify(decision)).toContain(tokenId)
  expect(JSON.stringify(decision)).not.toContain(token.split('.')[2])
})

test('a key that leaked: what it signed is refused, and a new one signs', async () => {
  const { token, issue } = await withToken()
  const { kid } = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }
  const { position } = await system.admin.removeSigningKey({ requestId: requestId(), keyId: kid, reason: 'leaked' })
  await expectRefused(token, `token:${position}`)
  const later = async () => (await call(String((await issue()).body['access_token']))).status === 200
  await waitFor(later, { what: 'a token of the new key' })
  const jwks = (await (await fetch(at('/.well-known/jwks'))).json()) as { keys: { kid: string }[] }
  expect(jwks.keys.map((key) => key.kid)).not.toContain(kid)
})

test('a rotation breaks no live token', async () => {
  const { token, issue } = await withToken()
  const kidOf = (jwt: string) => JSON.parse(Buffer.from(jwt.split('.')[0] ?? '', 'base64url').toString()).kid
  const request = { requestId: requestId(), environmentId: 'alpha', algorithm: 0 as const }
  const { signingKey, position } = await system.admin.rotateSigningKey(request)
  expect((await call(token, { 'x-gatehouse-position': `token:${position}` })).status).toBe(200)
  const jwks = (await (await fetch(at('/.well-known/jwks'))).json()) as { keys: { kid: string }[] }
  expect(jwks.keys.map((key) => key.kid)).toEqual(expect.arrayContaining([kidOf(token), signingKey?.keyId]))
  // The new one waits until every cache of the JWKS has it.
  expect(kidOf(String((await issue()).body['access_token']))).toBe(kidOf(token))
})
