import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sharedDatabase, waitFor } from '@gatehouse/testkit'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { shown } from '../../test/browser.ts'
import { issuerUrl } from '../../test/other-services.ts'
import { authorizationServerOn } from '../../test/running-server.ts'
import { signOut, visitorsAt } from './visitors.fixture.ts'

const given = authorizationServerOn(sharedDatabase)
const { clientWith, signedIn, visit, refresh, query } = visitorsAt(given)

let receiver: Awaited<ReturnType<typeof startReceiver>>
beforeAll(async () => {
  receiver = await startReceiver()
})
beforeEach(() => receiver.reset())
afterAll(() => receiver.close())

/** A client's back-channel logout endpoint. */
async function startReceiver() {
  const tokens: { readonly token: string; readonly url: string }[] = []
  let reply: (response: ServerResponse) => void = (response) => void response.writeHead(200).end()
  const server = createServer(async (request: IncomingMessage, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const form = new URLSearchParams(Buffer.concat(parts).toString())
    tokens.push({ token: form.get('logout_token') ?? '', url: request.url ?? '' })
    reply(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    tokens,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    set reply(next: typeof reply) {
      reply = next
    },
    reset() {
      tokens.length = 0
      reply = (response) => void response.writeHead(200).end()
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

describe('back-channel logout', () => {
  const backchannel = (path: string) => clientWith({ backchannelLogoutUri: `${receiver.url}${path}` })

  test('tells every client of the session, each with its own token', async () => {
    const [one, other, silent] = [await backchannel('/one'), await backchannel('/other'), await clientWith()]
    const { browser, tokens, username, userId } = await signedIn(one)
    await visit(other, browser, username)
    await visit(silent, browser, username)
    await signOut(browser, { id_token_hint: tokens.idToken })
    await waitFor(() => receiver.tokens.length === 2)
    for (const { token, url } of receiver.tokens) {
      expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'logout+jwt', alg: 'ES256', kid: expect.any(String) })
      const claims = decodeJwt(token)
      expect(claims).toMatchObject({
        ...{ iss: issuerUrl, sub: userId, sid: decodeJwt(tokens.idToken)['sid'], jti: expect.any(String) },
        ...{ aud: url === '/one' ? one.clientId : other.clientId },
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      })
      expect(claims['nonce']).toBeUndefined()
      expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(120)
    }
    await waitFor(async () => (await query('SELECT FROM token.logout_delivery')).length === 0)
  })
  test('its token is none of the other kinds', async () => {
    const client = await backchannel('/kinds')
    const { browser, tokens } = await signedIn(client)
    await signOut(browser, { id_token_hint: tokens.idToken })
    await waitFor(() => receiver.tokens.length === 1)
    const logoutToken = receiver.tokens[0]?.token ?? ''
    expect(shown(await signOut(browser, { id_token_hint: logoutToken }), 'message').kind).toBe(1)
    expect(browser.last?.facts?.reason).toBe('id_token_hint_invalid')
  })
  test('goes on trying a client that fails, and holds up no sign-out', async () => {
    const client = await backchannel('/failing')
    receiver.reply = (response) => void response.writeHead(503).end()
    const { browser, tokens } = await signedIn(client)
    const from = performance.now()
    await signOut(browser, { id_token_hint: tokens.idToken })
    expect(performance.now() - from).toBeLessThan(20_000)
    await waitFor(() => receiver.tokens.length === 1)
    receiver.reply = (response) => void response.writeHead(200).end()
    await query('UPDATE token.logout_delivery SET next_time = now()')
    await waitFor(() => receiver.tokens.length === 2)
    await waitFor(async () => (await query('SELECT FROM token.logout_delivery')).length === 0)
  })
  test('follows no redirect, and gives up on a client that refuses', async () => {
    const client = await backchannel('/moved')
    receiver.reply = (response) => void response.writeHead(307, { location: `${receiver.url}/elsewhere` }).end()
    const { browser, tokens } = await signedIn(client)
    await signOut(browser, { id_token_hint: tokens.idToken })
    await waitFor(async () => (await query('SELECT FROM token.logout_delivery WHERE attempts = 1')).length === 1)
    await waitFor(() => receiver.tokens.length === 1)
    receiver.reply = (response) => void response.writeHead(400).end()
    await query('UPDATE token.logout_delivery SET next_time = now()')
    await waitFor(async () => (await query('SELECT FROM token.logout_delivery')).length === 0)
    expect(receiver.tokens.map(({ url }) => url)).toEqual(['/moved', '/moved'])
  })
  test('calls nobody in clear but on loopback', async () => {
    const client = await clientWith({ backchannelLogoutUri: 'http://192.0.2.1/logout' })
    const { browser, tokens } = await signedIn(client)
    await signOut(browser, { id_token_hint: tokens.idToken })
    await waitFor(async () => (await query('SELECT FROM token.logout_delivery')).length === 0)
    expect(receiver.tokens).toEqual([])
  })
  test('ends although the service died before it came to that', async () => {
    const client = await clientWith({ backchannelLogoutUri: `${receiver.url}/after` })
    const { tokens } = await signedIn(client)
    const { sid, sub } = decodeJwt(tokens.idToken)
    // As a kill between the event and its consequences leaves it.
    await query(
      'INSERT INTO token.sign_out_task (noun, id, user_id, environment_id, time) VALUES ($1, $2, $3, $4, now())',
      ['session', sid, sub, 'alpha'],
    )
    await waitFor(async () => (await refresh(client, tokens.refreshToken)) === 'invalid_grant')
    await waitFor(() => receiver.tokens.length === 1)
    expect(await query('SELECT FROM token.sign_out_task')).toEqual([])
  })
})
