import net from 'node:net'
import { ClientState } from '@gatehouse/contracts/credential/v1/client'
import { SubscriptionState } from '@gatehouse/contracts/credential/v1/subscription'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { jwtThreats, respellings } from '../../../../../packages/token-verifier/test/jwt-threats.ts'
import { audience, claims, createSigner } from '../../../../../packages/token-verifier/test/signer.ts'
import { key } from '../../../test/deciding-facts.ts'
import { headerOf, signingKey, statusOf, type TakingTokens, takingTokens } from '../../../test/taking-tokens.ts'

const signer = createSigner()
const rsaSigner = createSigner('RS256')
const retired = createSigner()
const foreign = createSigner()
const now = () => Math.floor(Date.now() / 1000)

let gateway: TakingTokens
beforeEach(async () => {
  gateway = await takingTokens([signer, rsaSigner])
})
afterEach(() => gateway.close())

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })

/** Status and reason of a request with a token. */
async function outcome(token: string, path = '/orders/items'): Promise<[number, string]> {
  const answer = await gateway.ask(path, bearer(token))
  return [statusOf(answer), (await gateway.record()).status_code]
}

test.each([signer, rsaSigner])('a token of ours opens what it is for; the upstream learns who calls', async (by) => {
  const token = by.token({ sub: 'u1', grant_id: 'g1', jti: 'j1' })
  const answer = await gateway.ask('/orders/items', { ...bearer(token), 'X-User-Id': 'admin', 'X-Scopes': 'all' })
  expect(statusOf(answer)).toBe(200)
  expect(gateway.upstream.requests[0]?.headers).toMatchObject({
    ...{ 'x-client-id': 'c1', 'x-user-id': 'u1', 'x-scopes': 'read', 'x-auth-method': 'access_token' },
  })
  expect(gateway.upstream.requests[0]?.headers).not.toHaveProperty('authorization')
  expect(await gateway.record()).toMatchObject({
    actor: { app_uid: 'c1', user: { uid: 'u1' } },
    gatehouse: { auth_method: 'access_token', token_id: 'j1', grant_id: 'g1', client_id: 'c1', subscription_id: 's1' },
  })
})

test('a client that acts for itself is no user; the scheme may be spelt in any case', async () => {
  expect(statusOf(await gateway.ask('/orders/items', { authorization: `bEARER   ${signer.token()}` }))).toBe(200)
  expect(gateway.upstream.requests[0]?.headers).not.toHaveProperty('x-user-id')
})

describe('threats to JWTs', () => {
  const connections: net.Socket[] = []
  const listener = net.createServer((socket) => connections.push(socket))
  let table: ReturnType<typeof jwtThreats> = []
  beforeEach(async () => {
    if (!listener.listening) await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    const { port } = listener.address() as net.AddressInfo
    table = jwtThreats(signer, retired, foreign, `http://127.0.0.1:${port}`)
  })

  test('each is refused, on record with its reason, and all look alike to the byte but for the ids', async () => {
    const seen = new Set<string>()
    for (const { name, text, fault } of table) {
      const answer = await gateway.ask('/orders/items', bearer(text))
      const { status_code: reason } = await gateway.record()
      if (text.length > 16_000) {
        expect([name, statusOf(answer), reason]).toEqual([name, 431, 'request_head_too_large'])
        continue
      }
      // Without a dot it may be an opaque token of ours, and is none.
      expect([name, reason]).toEqual([name, text.includes('.') ? fault : 'token_unknown'])
      seen.add(answer.replaceAll(/test\.\d+\.\d+|[0-9a-f]{16}-\w+/g, '#').replace(/(Date|Content-Length): .*\r\n/g, ''))
    }
    expect([...seen]).toHaveLength(1)
    expect([...seen][0]).toContain('401 Unauthorized')
    expect(gateway.upstream.requests).toEqual([])
    expect(connections).toEqual([])
    listener.close()
  })
})

test.each(['', 'x', 'a b', '.', 'Bearer x', '"x"', 'ght_alpha_x', `${'A'.repeat(86)}`])(
  'no token at all: Bearer %j',
  async (text) => {
    expect(statusOf(await gateway.ask('/orders/items', { Authorization: `Bearer ${text}` }))).toBe(
      text === 'A'.repeat(86) ? 503 : 401,
    )
    expect(gateway.upstream.requests).toEqual([])
  },
)

describe('revocation', () => {
  const facts = { jti: 'j1', sub: 'u1', grant_id: 'g1', origin_jtis: ['j0', 'j00'], iat: now() - 100 }
  const cases: [reason: string, revoke: (revoke: TakingTokens['revoke']) => Promise<void>][] = [
    ['token_revoked', (revoke) => revoke.token('j1')],
    ['token_revoked', (revoke) => revoke.token('j0')],
    ['token_revoked', (revoke) => revoke.token('j00')],
    ['grant_revoked', (revoke) => revoke.grant('g1')],
    ['user_suspended', (revoke) => revoke.user('u1')],
    ['token_cut_off', (revoke) => revoke.ofClient('c1', facts.iat)],
    ['token_cut_off', (revoke) => revoke.ofUser('u1', facts.iat)],
    ['token_cut_off', (revoke) => revoke.ofEnvironment(facts.iat)],
  ]
  test.each(cases)('%s: the token and every respelling of it are refused from then on', async (reason, revoke) => {
    const token = signer.token(facts)
    const other = signer.token({ ...facts, jti: 'j2', sub: 'u2', client_id: 'c1', grant_id: 'g2', origin_jtis: [] })
    expect(await outcome(token)).toEqual([200, 'ok'])
    await revoke(gateway.revoke)
    expect(await outcome(token)).toEqual([401, reason])
    for (const { text } of respellings(token)) expect((await outcome(text))[0]).toBe(401)
    if (reason !== 'token_cut_off') expect(await outcome(other)).toEqual([200, 'ok'])
    expect(gateway.upstream.requests).toHaveLength(reason === 'token_cut_off' ? 1 : 2)
  })

  test('what was issued after a cut-off is taken', async () => {
    await gateway.revoke.ofClient('c1', now() - 50)
    await gateway.revoke.ofUser('u1', now() - 50)
    await gateway.revoke.ofEnvironment(now() - 50)
    expect(await outcome(signer.token({ ...facts, iat: now() - 49 }))).toEqual([200, 'ok'])
    expect(await outcome(signer.token({ ...facts, iat: now() - 50 }))).toEqual([401, 'token_cut_off'])
  })

  test('a revoked secret of the client ends what was issued by then; a suspended or deleted client everything', async () => {
    const token = signer.token(facts)
    const active = ClientState.CLIENT_STATE_ACTIVE
    await gateway.client({ state: active, revokedBefore: new Date((facts.iat - 1) * 1000) })
    expect(await outcome(token)).toEqual([200, 'ok'])
    await gateway.client({ state: active, revokedBefore: new Date(facts.iat * 1000) })
    expect(await outcome(token)).toEqual([401, 'token_cut_off'])
    await gateway.client({ state: ClientState.CLIENT_STATE_SUSPENDED })
    expect(await outcome(token)).toEqual([403, 'client_suspended'])
    await gateway.client({ state: ClientState.CLIENT_STATE_DELETED })
    expect(await outcome(token)).toEqual([403, 'client_deleted'])
  })

  test.each([
    [SubscriptionState.SUBSCRIPTION_STATE_SUSPENDED, 'subscription_suspended'],
    [SubscriptionState.SUBSCRIPTION_STATE_CANCELLED, 'subscription_cancelled'],
  ])('subscription %s ends its tokens: %s', async (state, reason) => {
    const token = signer.token()
    expect(await outcome(token)).toEqual([200, 'ok'])
    await gateway.put.subscription({ state })
    expect(await outcome(token)).toEqual([403, reason])
  })

  test('what its subscription no longer grants, a token no longer says', async () => {
    const token = signer.token()
    expect(await outcome(token)).toEqual([200, 'ok'])
    await gateway.put.subscription({ scopes: [] })
    expect(await outcome(token)).toEqual([403, 'scope_missing'])
  })

  test('a key that is taken away ends what it signed, remembered or not', async () => {
    const token = signer.token()
    expect(await outcome(token)).toEqual([200, 'ok'])
    gateway.state.signingKeys = [signingKey(rsaSigner)]
    expect(await outcome(token)).toEqual([401, 'token_key_unknown'])
  })

  test('the first token of a key opens, though the gateway hears of the key only now', async () => {
    gateway.state.signingKeys = [signingKey(rsaSigner)]
    gateway.state.catchUp = async () => {
      gateway.state.signingKeys = [signingKey(rsaSigner), signingKey(signer)]
      return true
    }
    expect(await outcome(signer.token())).toEqual([200, 'ok'])
  })

  test('a key that nobody could ask for is unknown', async () => {
    gateway.state.signingKeys = [signingKey(rsaSigner)]
    gateway.state.catchUp = async () => false
    expect(await outcome(signer.token())).toEqual([401, 'token_key_unknown'])
  })

  test.each(['revoked_token/alpha/j1', 'revoked_grant/g1', 'suspended_user/u1', 'cutoff/alpha/environment'])(
    'parked %s: nobody knows, 503',
    async (entry) => {
      await gateway.put.parked(entry)
      expect(await outcome(signer.token(facts))).toEqual([503, 'read_model_unavailable'])
    },
  )
})

describe('what a token is for', () => {
  test('a token for one API opens no other', async () => {
    expect(await outcome(signer.token(), '/others/items')).toEqual([401, 'token_audience_wrong'])
    const named = signer.token({ aud: 'urn:example:named' })
    expect(await outcome(named)).toEqual([401, 'token_audience_wrong'])
    // Audience right, and the subscription is to another API.
    expect(await outcome(named, '/named/items')).toEqual([403, 'api_not_entitled'])
  })

  test.each([
    ['of another client', { client_id: 'c2' }, 403, 'client_unknown'],
    ['without subscription', { subscription_id: undefined }, 403, 'subscription_unknown'],
    ['of another subscription', { subscription_id: 's2' }, 403, 'subscription_unknown'],
    ['without scope', { scope: undefined }, 403, 'scope_missing'],
    ['with a scope that only begins alike', { scope: 'readme' }, 403, 'scope_missing'],
  ])('%s', async (_, over, status, reason) => {
    expect(await outcome(signer.token(over))).toEqual([status, reason])
  })

  test('a missing scope: 403 that names what is needed and where tokens come from', async () => {
    const answer = await gateway.ask('/orders/written', bearer(signer.token()))
    expect(statusOf(answer)).toBe(403)
    expect(headerOf(answer, 'WWW-Authenticate')).toEqual([
      'Bearer realm="gatehouse", error="insufficient_scope", scope="read write", ' +
        'resource_metadata="https://gateway.test/.well-known/oauth-protected-resource/orders"',
      'DPoP realm="gatehouse", error="insufficient_scope", algs="ES256 RS256 PS256 EdDSA"',
    ])
  })

  test('no credential: 401 without an error, with a challenge for each kind that is taken', async () => {
    const answer = await gateway.ask('/orders/either')
    expect([statusOf(answer), (await gateway.record()).status_code]).toEqual([401, 'credential_missing'])
    expect(headerOf(answer, 'WWW-Authenticate')).toEqual([
      'Bearer realm="gatehouse", resource_metadata="https://gateway.test/.well-known/oauth-protected-resource/orders"',
      'DPoP realm="gatehouse", algs="ES256 RS256 PS256 EdDSA"',
      'ApiKey realm="gatehouse"',
    ])
  })

  test('an API that takes no tokens', async () => {
    expect(await outcome(signer.token(), '/without/items')).toEqual([403, 'security_unsupported'])
  })

  test('where only keys are taken a token is not looked at', async () => {
    expect(await outcome(signer.token(), '/orders/keys')).toEqual([401, 'credential_missing'])
    expect(statusOf(await gateway.ask('/orders/keys', { ...bearer('junk'), 'X-API-Key': key }))).toBe(200)
  })

  test('where everybody is let in a token that is shown must be in order', async () => {
    expect(statusOf(await gateway.ask('/orders/optional'))).toBe(200)
    expect((await gateway.record()).status_code).toBe('ok')
    expect(await outcome(signer.token(), '/orders/optional')).toEqual([200, 'ok'])
    expect(await outcome(foreign.token(), '/orders/optional')).toEqual([401, 'token_key_unknown'])
  })
})

test.each<[string, () => Record<string, string>]>([
  ['a token and a key', () => ({ ...bearer(signer.token()), 'X-API-Key': key })],
  ['two tokens', () => ({ Authorization: `Bearer ${signer.token()}\r\nAuthorization: Bearer ${signer.token()}` })],
  ['a token twice', () => ({ Authorization: `Bearer ${claims()['jti']}\r\nauthorization: Bearer x` })],
])('more than one credential: %s', async (_, headers) => {
  const answer = await gateway.ask('/orders/either', headers())
  expect([statusOf(answer), (await gateway.record()).status_code]).toEqual([401, 'credential_ambiguous'])
})

test('either kind of credential opens an operation that takes both', async () => {
  expect(await outcome(signer.token(), '/orders/either')).toEqual([200, 'ok'])
  expect(statusOf(await gateway.ask('/orders/either', { 'X-API-Key': key }))).toBe(200)
})

test('an operation that forwards the credential shows the upstream what the client sent', async () => {
  const token = signer.token({ aud: audience })
  expect(await outcome(token, '/orders/passed')).toEqual([200, 'ok'])
  expect(gateway.upstream.requests[0]?.headers.authorization).toBe(`Bearer ${token}`)
})

test('an ID token of ours is no access token', async () => {
  const idToken = signer.jws({ alg: 'ES256', typ: 'JWT', kid: signer.kid }, claims({ aud: 'c1', nonce: 'n' }))
  expect(await outcome(idToken)).toEqual([401, 'token_type_wrong'])
})
