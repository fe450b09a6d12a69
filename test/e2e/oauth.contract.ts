import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { Browser, page, sentTo } from '../conformance/browser.ts'
import { call, manage } from './client.ts'
import type { System } from './system.ts'

const run = promisify(execFile)
const sh = async (line: string) => (await run('bash', ['-c', line], { timeout: 30_000 })).stdout

interface Tokens {
  readonly access_token: string
  readonly refresh_token?: string
  readonly scope: string
  readonly error?: string
}

/** What clients of the whole system see of OAuth, the same in every way of running. */
export function oauthContract(system: () => System): void {
  /** The line of the announcement with a text in it. */
  const announced = (text: string) => {
    const lines = system().output().split('\n')
    const line = lines.find((each) => each.includes(text))
    if (line === undefined) throw new Error(`nothing announced says ${text}`)
    return line.trim()
  }

  async function token(client: { id: string; secret: string }, form: Record<string, string>): Promise<Tokens> {
    const authorization = `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`
    const { issuer, api } = system().demo
    const url = `${issuer}/${api}/oauth2/v2/token`
    const response = await fetch(url, { method: 'POST', headers: { authorization }, body: new URLSearchParams(form) })
    return (await response.json()) as Tokens
  }
  const own = { grant_type: 'client_credentials' }
  const withToken = (text: string, position?: string) =>
    call(system(), system().demo.path, {
      authorization: `Bearer ${text}`,
      ...(position && { 'x-gatehouse-position': position }),
    })

  test('the announced lines get a token of the client’s own, use it, introspect it and revoke it', async () => {
    const { issuer } = system().demo
    const use = 'curl -i -H "Authorization: Bearer $TOKEN"'
    const lines = ['TOKEN=$(', use, `$TOKEN ${issuer}/oauth2/v2/introspect`, `$TOKEN ${issuer}/oauth2/v2/revoke`]
    const shown = await sh([...lines.map(announced), 'echo "token: $TOKEN"'].join('\n'))
    expect(shown).toMatch(/^HTTP\/1.1 200/)
    expect(shown).toContain('"x-auth-method":"access_token"')
    expect(shown).toContain('"active":true')
    const [, position] = /X-Gatehouse-Position: (token:\d+)/i.exec(shown) ?? []
    const [, text = ''] = /token: (\S+)/.exec(shown) ?? []
    expect((await withToken(text, position)).status).toBe(401)
  })

  test('the announced address signs the user in; the code is a token, and the revoked grant is none', async () => {
    const { demo } = system()
    const browser = new Browser(demo.issuer)
    const signIn = page(await browser.open(announced('/oauth2/v2/authorize?')))
    const consent = page(await browser.submit(signIn, { username: demo.username, password: demo.password }))
    const back = sentTo(await browser.submit(consent, { decision: 'approve' }))
    expect(back.searchParams.get('iss')).toBe(demo.issuer)
    const redeem = announced('-d code=CODE').replace('CODE', back.searchParams.get('code') ?? '')
    const tokens = JSON.parse(await sh(redeem)) as Tokens
    expect(tokens).toMatchObject({ scope: expect.stringContaining('orders:read'), id_token: expect.any(String) })
    const used = await withToken(tokens.access_token)
    expect(used.status).toBe(200)
    const { identity } = (await used.json()) as { identity: Record<string, string> }
    const { users } = await manage<{ users: { user_id: string }[] }>(
      ...([system(), 'GET', `/v1/users?environment_id=alpha&username=${demo.username}`] as const),
    )
    expect(identity['x-user-id']).toBe(users[0]?.user_id)
    const { grants } = await manage<{ grants: { grant_id: string; state: string }[] }>(
      ...([system(), 'GET', `/v1/grants?environment_id=alpha&user_id=${users[0]?.user_id}`] as const),
    )
    const active = grants.find(({ state }) => state === 'active')
    const { position } = await manage<{ position: string }>(system(), 'POST', `/v1/grants/${active?.grant_id}/revoke`)
    expect((await withToken(tokens.access_token, position)).status).toBe(401)
    expect(await token({ id: demo.client_id, secret: demo.client_secret }, refresh(tokens))).toMatchObject({
      error: 'invalid_grant',
    })
  })

  test('secrets rotate: both work, and with a revoked one goes what was issued', async () => {
    const { client_id: id, client_secret: first } = system().demo
    const path = `/v1/clients/${id}/secrets`
    const second = await manage<{ client_secret_text: string; client_secret: { client_secret_id: string } }>(
      ...([system(), 'POST', path, { display_name: 'second' }] as const),
    )
    // The token service follows the log of clients; whoever cannot wait carries the position.
    let before = await token({ id, secret: second.client_secret_text }, own)
    await until(async () => {
      before = before.access_token ? before : await token({ id, secret: second.client_secret_text }, own)
      return before.access_token !== undefined
    })
    expect((await withToken(before.access_token)).status).toBe(200)
    const { position } = await manage<{ position: string }>(
      ...([system(), 'POST', `/v1/client-secrets/${second.client_secret.client_secret_id}/revoke`, {}] as const),
    )
    expect((await withToken(before.access_token, position)).status).toBe(401)
    expect(await token({ id, secret: second.client_secret_text }, own)).toMatchObject({ error: 'invalid_client' })
    const after = await until(async () => {
      const issued = await token({ id, secret: first }, own)
      return (await withToken(issued.access_token, position)).status === 200
    })
    expect(after).toBe(true)
  })

  test('a client registers itself, and gets tokens when an operator has subscribed it', async () => {
    const { demo } = system()
    const initial = await manage<{ initial_access_token_text: string }>(
      ...([system(), 'POST', '/v1/initial-access-tokens', { environment_id: 'alpha' }] as const),
    )
    const endpoint = `${demo.issuer}/oauth2/v2/register`
    const registered = await fetch(endpoint, {
      method: 'POST',
      headers: { authorization: `Bearer ${initial.initial_access_token_text}`, 'content-type': 'application/json' },
      body: JSON.stringify({ client_name: 'Partner', grant_types: ['client_credentials'] }),
    })
    expect(registered.status).toBe(201)
    const client = (await registered.json()) as Record<string, string>
    const id = String(client['client_id'])
    const secret = String(client['client_secret'])
    expect(await until(async () => (await token({ id, secret }, own)).error === 'invalid_target')).toBe(true)
    const order = { client_id: id, api_id: demo.api, plan_id: 'trial', scopes: ['orders:read'] }
    const { subscription } = await manage<{ subscription: { subscription_id: string } }>(
      ...([system(), 'POST', '/v1/subscriptions', order] as const),
    )
    await manage(system(), 'POST', `/v1/subscriptions/${subscription.subscription_id}/activate`)
    expect(await until(async () => (await token({ id, secret }, own)).scope === 'orders:read')).toBe(true)
    const headers = { authorization: `Bearer ${client['registration_access_token']}` }
    expect((await fetch(`${endpoint}/${id}`, { method: 'DELETE', headers })).status).toBe(204)
    expect(await until(async () => (await token({ id, secret }, own)).error === 'invalid_client')).toBe(true)
  })
}

const refresh = ({ refresh_token: text = '' }: Tokens) => ({ grant_type: 'refresh_token', refresh_token: text })

/** The token endpoint follows the logs within milliseconds; who wants it told carries a position. */
async function until(holds: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + 30_000
  while (performance.now() < deadline) if (await holds()) return true
  return false
}
