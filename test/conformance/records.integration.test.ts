import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { waitFor } from '@gatehouse/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Browser, page, sentTo } from './browser.ts'
import { basic, post } from './endpoint.ts'
import { type System, startSystem } from './system.ts'

const callback = 'https://app.example/cb'
const verifier = 'v'.repeat(64)

let system: System
let client: { clientId: string; secret: string }
beforeAll(async () => {
  system = await startSystem()
  const grantTypes = ['authorization_code', 'refresh_token', 'client_credentials']
  client = await system.register({ method: 'client_secret_basic', grantTypes, redirectUris: [callback] })
})
afterAll(() => system?.close())

async function manage<Body>(path: string): Promise<Body> {
  const { addresses } = system
  const token = (await readFile(join(system.dataDir, 'operator-token'), 'utf8')).trim()
  const headers = { authorization: `Bearer ${token}` }
  return (await (await fetch(`http://${addresses.console}/v1/${path}`, { headers })).json()) as Body
}

interface Recorded {
  readonly reason: string
  readonly record: { readonly gatehouse: Readonly<Record<string, unknown>> }
}

/** Every record of OAuth answers that the ledger has. */
async function recorded(): Promise<readonly Recorded[]> {
  const { decisions } = await manage<{ decisions: Recorded[] }>('decisions?page_size=1000')
  return decisions.filter(({ record }) => String(record.gatehouse['operation']).startsWith('oauth2.'))
}

test('every answer has its record, with who and what, and no record or log has a secret', async () => {
  const { issuer, username, password } = system.demo
  const at = (endpoint: string) => `${issuer}/oauth2/v2/${endpoint}`
  const headers = basic(client.clientId, client.secret)
  // The client's registration was asked for once already: by now that is on record.
  const known = async () => {
    const records = await recorded()
    return records.some(({ record }) => record.gatehouse['operation'] === 'oauth2.token') && records.length
  }
  const before = Number(await waitFor(known, { what: 'the record of the first request' }))
  const answers: string[] = []
  const secrets = [client.secret, password, verifier]
  const ask = async (operation: string, asking: Promise<{ body: Record<string, unknown> }>) => {
    answers.push(operation)
    const { body } = await asking
    for (const name of ['access_token', 'refresh_token', 'id_token', 'device_code'])
      if (typeof body[name] === 'string') secrets.push(body[name])
    return body
  }
  const browser = new Browser(issuer)
  const authorize = new URL(at('authorize'))
  const challenge = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(verifier))).toString('base64url')
  const request = {
    ...{ response_type: 'code', client_id: client.clientId, redirect_uri: callback, code_challenge: challenge },
    ...{ code_challenge_method: 'S256', scope: 'openid orders:read', resource: system.demo.resource },
  }
  authorize.search = new URLSearchParams(request).toString()
  // Signing in and consenting lead, by 303, to a page of their own each.
  answers.push('authorize', 'sign_in', 'continue', 'consent')
  const consent = page(await browser.submit(page(await browser.open(authorize.href)), { username, password }))
  const code = sentTo(await browser.submit(consent, { decision: 'approve' })).searchParams.get('code') ?? ''
  secrets.push(code, ...browser.cookies.values())

  const redeem = { grant_type: 'authorization_code', code, redirect_uri: callback, code_verifier: verifier }
  const tokens = await ask('token', post(at('token'), { form: redeem, headers }))
  const token = String(tokens['access_token'])
  await ask('token', post(at('token'), { form: { grant_type: 'client_credentials' }, headers }))
  await ask(
    'token',
    post(at('token'), { form: { grant_type: 'client_credentials' }, headers: basic(client.clientId, 'w') }),
  )
  await ask('token', post(at('token'), { form: {}, query: `?client_secret=${client.secret}` }))
  await ask('introspect', post(at('introspect'), { form: { token }, headers }))
  await ask('userinfo', post(at('userinfo'), { headers: { authorization: `Bearer ${token}` } }))
  await ask('revoke', post(at('revoke'), { form: { token }, headers }))
  await ask('par', post(at('par'), { form: request, headers }))
  await ask('register', post(at('register'), { form: {} }))
  for (const document of ['jwks', 'openid-configuration']) await fetch(`${issuer}/.well-known/${document}`)
  answers.push('jwks', 'metadata')

  await waitFor(async () => (await recorded()).length >= before + answers.length, { what: 'the records' })
  const records = (await recorded()).slice(0, -before || undefined)
  const operations = records.map(({ record }) => String(record.gatehouse['operation']).slice('oauth2.'.length))
  expect(operations.sort()).toEqual(answers.sort())
  const ofCode = {
    operation: 'oauth2.token',
    grant_type: 'authorization_code',
    client_id: client.clientId,
    api: 'orders',
  }
  expect(records).toContainEqual(
    expect.objectContaining({
      reason: 'ok',
      record: expect.objectContaining({ gatehouse: expect.objectContaining(ofCode) }),
    }),
  )
  expect(records.map(({ reason }) => reason)).toEqual(
    expect.arrayContaining(['ok', 'client_secret_malformed', 'parameter_in_query']),
  )

  const spool = await readdir(system.dataDir, { recursive: true, withFileTypes: true })
  const spooled = spool.filter((file) => file.isFile() && file.parentPath.includes('spool'))
  const bytes = await Promise.all(spooled.map((file) => readFile(join(file.parentPath, file.name), 'latin1')))
  const everything = [...bytes, ...system.log, JSON.stringify(records)].join('\n')
  for (const secret of secrets) expect(everything.includes(secret)).toBe(false)
})
