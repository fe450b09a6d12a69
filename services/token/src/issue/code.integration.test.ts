import { createHash } from 'node:crypto'
import { GrantRevocationReason, GrantState } from '@gatehouse/contracts/token/v1/grant'
import { Endpoint } from '@gatehouse/contracts/token/v1/token_service'
import { sharedDatabase } from '@gatehouse/testkit'
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JWK, jwtVerify } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { Browser, newUser, requestOf, verifier } from '../../test/browser.ts'
import { type GivenClient, issuerUrl, redirectUri } from '../../test/other-services.ts'
import { authorizationServerOn } from '../../test/running-server.ts'
import { issued, outcome, redeem, refresh, tally } from '../../test/token-request.ts'

const given = authorizationServerOn(sharedDatabase)
const thumbprint = createHash('sha256').update('a key').digest('base64url')
let app: GivenClient
let web: GivenClient
let operators: Awaited<ReturnType<typeof given.operators>>
let user: Awaited<ReturnType<typeof newUser>>
let visitor: Browser

beforeAll(async () => {
  app = await given.client('public')
  web = await given.client('confidential')
  operators = await given.operators()
  user = await newUser(operators)
  visitor = new Browser(() => given.service)
})

const codeFor = async (client = app, more: Record<string, string | undefined> = {}) => {
  const { code } = await visitor.authorize(requestOf(client.clientId, more), user.username)
  if (!code) throw new Error('no code was sent')
  return code
}
const grantOf = async (grantId: string) => (await operators.getGrant({ grantId })).grant
const keys = async () => {
  const { signingKeys } = await operators.listSigningKeys({ environmentId: 'alpha' })
  return createLocalJWKSet({ keys: signingKeys.map(({ publicJwk }) => JSON.parse(publicJwk) as JWK) })
}

describe('tokens', () => {
  test('a code gives an access token, a refresh token and an ID token', async () => {
    const answer = await redeem(given.service, app, await codeFor(app, { nonce: 'n-0S6_WzA2Mj' }))
    const tokens = issued(answer)
    expect(tokens).toMatchObject({ tokenType: 'Bearer', expiresIn: 3600n, scope: 'openid orders.read' })
    const access = await jwtVerify(tokens.accessToken, await keys(), {
      ...{ issuer: issuerUrl, audience: `${issuerUrl}/orders`, typ: 'at+jwt', algorithms: ['ES256'] },
    })
    expect(access.payload).toMatchObject({
      ...{ sub: user.userId, client_id: app.clientId, scope: 'openid orders.read', grant_id: answer.facts?.grantId },
      ...{ subscription_id: app.subscriptionId, sid: expect.any(String), auth_time: expect.any(Number) },
    })
    const id = await jwtVerify(tokens.idToken, await keys(), { issuer: issuerUrl, audience: app.clientId, typ: 'JWT' })
    const half = createHash('sha256').update(tokens.accessToken).digest().subarray(0, 16)
    expect(id.payload).toMatchObject({
      ...{ sub: user.userId, nonce: 'n-0S6_WzA2Mj', at_hash: half.toString('base64url') },
      ...{ sid: access.payload['sid'], auth_time: access.payload['auth_time'] },
    })
    expect(id.payload['azp']).toBeUndefined()
    expect(answer.facts).toMatchObject({ reason: 'ok', userId: user.userId, grantType: 'authorization_code' })
  })
  test('a client may have its ID tokens signed by RS256', async () => {
    const client = await given.client('public', { idTokenSignedResponseAlg: 'RS256' })
    const tokens = issued(await redeem(given.service, client, await codeFor(client)))
    const { protectedHeader } = await jwtVerify(tokens.idToken, await keys(), { audience: client.clientId, typ: 'JWT' })
    expect(protectedHeader.alg).toBe('RS256')
    expect(decodeProtectedHeader(tokens.accessToken).alg).toBe('ES256')
  })
  test('without openid there is no ID token', async () => {
    expect(issued(await redeem(given.service, app, await codeFor(app, { scope: 'orders.read' }))).idToken).toBe('')
  })
  test('for no API: an access token for the issuer alone', async () => {
    const more = { resource: undefined, scope: 'openid profile email' }
    const answer = await redeem(given.service, app, await codeFor(app, more))
    expect(decodeJwt(issued(answer).accessToken)).toMatchObject({ aud: issuerUrl, scope: 'openid profile email' })
    const scopes = ['openid', 'profile', 'email']
    const endpoint = { ...Endpoint.create(), environmentId: 'alpha' }
    const asked = { endpoint, userId: user.userId, clientId: app.clientId, scopes }
    const told = await given.service.calls.getUserInfo(asked)
    expect(told.result).toEqual({
      $case: 'body',
      value: JSON.stringify({
        ...{ sub: user.userId, name: 'Ada Lovelace', preferred_username: user.username },
        ...{ email: 'ada@example.com', email_verified: true },
      }),
    })
    const less = await given.service.calls.getUserInfo({ ...asked, scopes: ['openid'] })
    expect(less.result).toEqual({ $case: 'body', value: JSON.stringify({ sub: user.userId }) })
    expect((await given.service.calls.getUserInfo({ ...asked, scopes: ['profile'] })).result?.$case).toBe('refusal')
  })
  test('a client without the grant type gets no refresh token', async () => {
    const once = await given.client('public', { grantTypes: ['authorization_code'] })
    expect(issued(await redeem(given.service, once, await codeFor(once))).refreshToken).toBe('')
  })
  test('authorization details go into the answer and the token', async () => {
    const details = '[{"type":"order","amount":5}]'
    const tokens = issued(await redeem(given.service, app, await codeFor(app, { authorization_details: details })))
    expect(tokens.authorizationDetails).toBe(details)
    expect(decodeJwt(tokens.accessToken)['authorization_details']).toEqual([{ type: 'order', amount: 5 }])
  })
  test('bound to the key of a DPoP proof', async () => {
    const code = await codeFor(app, { dpop_jkt: thumbprint })
    expect(outcome(await redeem(given.service, app, code))).toBe('invalid_grant: dpop_key_mismatch')
    const tokens = issued(await redeem(given.service, app, code, {}, { dpopThumbprint: thumbprint }))
    expect(tokens.tokenType).toBe('DPoP')
    expect(decodeJwt(tokens.accessToken)['cnf']).toEqual({ jkt: thumbprint })
    const { refreshToken } = tokens
    const other = createHash('sha256').update('another key').digest('base64url')
    for (const dpopThumbprint of ['', other]) {
      const refused = await refresh(given.service, app, refreshToken, {}, { dpopThumbprint })
      expect(outcome(refused)).toBe('invalid_grant: refresh_token_key_mismatch')
    }
    expect(outcome(await refresh(given.service, app, refreshToken, {}, { dpopThumbprint: thumbprint }))).toBe('issued')
  })
})

describe('refused, and the code can still be redeemed', () => {
  test.each<[string, Record<string, string | undefined>, string]>([
    ['no verifier', { code_verifier: undefined }, 'invalid_request: parameter_missing'],
    ['an empty verifier', { code_verifier: '' }, 'invalid_request: parameter_missing'],
    ['a short verifier', { code_verifier: 'a'.repeat(42) }, 'invalid_request: parameter_invalid'],
    ['a long verifier', { code_verifier: 'a'.repeat(129) }, 'invalid_request: parameter_invalid'],
    ['another verifier', { code_verifier: `${verifier.slice(1)}x` }, 'invalid_grant: code_verifier_mismatch'],
    [
      'the challenge replayed as verifier',
      { code_verifier: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' },
      'invalid_grant: code_verifier_mismatch',
    ],
    ['another redirect_uri', { redirect_uri: `${redirectUri}/x` }, 'invalid_grant: redirect_uri_mismatch'],
    ['another resource', { resource: `${issuerUrl}/billing` }, 'invalid_target: resource_unknown'],
    ['an unknown code', { code: 'ghc_alpha_x' }, 'invalid_grant: code_invalid'],
    ['an empty code', { code: '' }, 'invalid_request: parameter_missing'],
  ])('%s', async (_, wrong, refusal) => {
    const code = await codeFor()
    expect(outcome(await redeem(given.service, app, code, wrong))).toBe(refusal)
    expect(outcome(await redeem(given.service, app, code))).toBe('issued')
  })
  test('another client', async () => {
    const code = await codeFor()
    expect(outcome(await redeem(given.service, web, code))).toBe('invalid_grant: grant_of_another_client')
    expect(outcome(await redeem(given.service, app, code))).toBe('issued')
  })
  test('a confidential client that does not authenticate', async () => {
    const code = await codeFor(web)
    const anonymous = { ...web, authorization: '' }
    expect(outcome(await redeem(given.service, anonymous, code))).toMatch(/^invalid_client/)
    expect(outcome(await redeem(given.service, web, code))).toBe('issued')
  })
  test('a refresh token as code, a code as refresh token', async () => {
    const code = await codeFor()
    const { refreshToken } = issued(await redeem(given.service, app, code))
    expect(outcome(await redeem(given.service, app, refreshToken))).toBe('invalid_grant: code_invalid')
    expect(outcome(await refresh(given.service, app, code))).toBe('invalid_grant: refresh_token_invalid')
    expect(outcome(await refresh(given.service, app, refreshToken))).toBe('issued')
  })
})

describe('what it hangs on', () => {
  test('a user who was suspended', async () => {
    const other = await newUser(operators)
    const browser = new Browser(() => given.service)
    const { code } = await browser.authorize(requestOf(app.clientId), other.username)
    await operators.suspendUser({ requestId: other.userId, userId: other.userId, reason: '' })
    expect(outcome(await redeem(given.service, app, code))).toMatch(/^invalid_grant: /)
  })
  test('a subscription that was cancelled', async () => {
    const client = await given.client('public')
    const code = await codeFor(client)
    const { subscriptionId } = client
    const data = { subscriptionId, reason: '', cancelTime: new Date() }
    const stream = `subscription-${subscriptionId}`
    given.logs.credential.append(stream, { type: 'gatehouse.credential.v1.SubscriptionCancelled', data })
    await given.followed()
    expect(outcome(await redeem(given.service, client, code))).toBe('invalid_target: subscription_inactive')
  })
})

describe('replayed', () => {
  test('the family is revoked, with every token of it', async () => {
    const code = await codeFor()
    const answer = await redeem(given.service, app, code)
    const { refreshToken } = issued(answer)
    expect(outcome(await redeem(given.service, app, code))).toBe('invalid_grant: code_replayed')
    expect(outcome(await redeem(given.service, app, code))).toBe('invalid_grant: grant_revoked')
    expect(outcome(await refresh(given.service, app, refreshToken))).toBe('invalid_grant: grant_revoked')
    expect(await grantOf(answer.facts?.grantId ?? '')).toMatchObject({
      state: GrantState.GRANT_STATE_REVOKED,
      revocationReason: GrantRevocationReason.GRANT_REVOCATION_REASON_CODE_REPLAYED,
    })
  })
  test('50 at once, at two instances: one wins, none of the others gets anything', async () => {
    const other = await given.another()
    const code = await codeFor()
    const instances = Array.from({ length: 50 }, (_, index) => (index % 2 ? other : given.service))
    const outcomes = (await Promise.all(instances.map((service) => redeem(service, app, code)))).map(outcome)
    const { issued: winners, ...losers } = tally(outcomes)
    expect(winners).toBe(1)
    expect(Object.keys(losers).every((loser) => loser.startsWith('invalid_grant: '))).toBe(true)
    expect(losers['invalid_grant: code_replayed']).toBe(1)
  })
  test('an answer that was lost is not given again', async () => {
    const code = await codeFor()
    await redeem(given.service, app, code)
    await given.restart()
    expect(outcome(await redeem(given.service, app, code))).toBe('invalid_grant: code_replayed')
  })
})
