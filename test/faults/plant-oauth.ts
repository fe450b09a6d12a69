import { randomBytes } from 'node:crypto'
import { manage, type System } from '../e2e/client.ts'
import type { Place } from './check/secrets.ts'
import { deviceGrant } from './device.ts'
import type { Planted } from './plant.ts'
import { grantsOf } from './plant-grants.ts'

/** Puts the secrets of OAuth clients, users and browsers where each belongs and where none does; answers that show one are kept out. */
export async function plantOAuth(system: System): Promise<Planted> {
  const { demo } = system
  const made = { ...(await secretsOf(system)), ...(await grantsOf(demo)) }
  const answers: Place[] = []
  const post = async (url: string, form: Record<string, string>, headers: Record<string, string> = {}) => {
    const response = await fetch(url, { method: 'POST', body: new URLSearchParams(form), headers, redirect: 'manual' })
    const bytes = Buffer.from(JSON.stringify([...response.headers]) + (await response.text()))
    answers.push({ name: `the ${response.status} to ${new URL(url).pathname}`, bytes })
  }
  const endpoint = (name: string) => `${demo.issuer}/${demo.api}/oauth2/v2/${name}`
  const basic = (secret: string) => ({ authorization: `Basic ${btoa(`${demo.client_id}:${secret}`)}` })
  for (const secret of Object.values(made)) {
    // Right for one of them, which gets a token that is no secret here; wrong for the others.
    await post(endpoint('introspect'), { token: secret }, basic(made['the client secret'] ?? ''))
    await post(endpoint('introspect'), { token: 'x' }, basic(secret))
    await post(endpoint('revoke'), { token: secret }, basic(made['the client secret'] ?? ''))
    await post(endpoint('token'), { grant_type: 'refresh_token', refresh_token: secret }, basic(secret))
    await post(endpoint('token'), { grant_type: deviceGrant, device_code: secret }, basic(secret))
    await post(endpoint('token'), { grant_type: 'authorization_code', code: secret, code_verifier: secret })
    await post(endpoint('token'), { grant_type: 'password', username: demo.username, password: secret })
    await post(`${endpoint('token')}?client_secret=${secret}`, { client_id: demo.client_id, client_secret: secret })
    await post(endpoint('sign-in'), { interaction: secret, username: demo.username, password: secret })
    await post(endpoint('device'), { user_code: secret })
    await post(`${demo.issuer}/oauth2/v2/register`, {}, { authorization: `Bearer ${secret}` })
    const headers = {
      authorization: `Bearer ${secret}`,
      cookie: `gh_session=${secret}; gh_browser=${secret}`,
    }
    const asked = `/oauth2/v2/authorize?client_id=${demo.client_id}&request_uri=${encodeURIComponent(secret)}`
    const paths = [demo.path, '/oauth2/v2/userinfo', `/oauth2/v2/register/${demo.client_id}`, asked]
    for (const path of [
      ...paths,
      '/oauth2/v2/consents',
      `/oauth2/v2/federation/callback?code=${encodeURIComponent(secret)}`,
    ]) {
      const response = await fetch(`${demo.gateway}${path}`, { headers, redirect: 'manual' })
      const bytes = Buffer.from(JSON.stringify([...response.headers]) + (await response.text()))
      answers.push({ name: `the ${response.status} to ${path.replace(/\?.*/, '')}`, bytes })
    }
  }
  const parts = Object.entries(made).map(([name, text]) => [name, secretPart(text)] as const)
  return { secrets: Object.fromEntries(parts), answers }
}

/** Of a JWT the signature, of a secret of ours what is random and no id, of a URI its end, of what else there is all. */
function secretPart(text: string): string {
  const [, ours] = /^gh[a-z]?_[a-z0-9-]+_[^_]+_([^_]+)_/.exec(text) ?? []
  return text.split('.')[2] ?? ours ?? /^urn:.*:(.+)$/.exec(text)?.[1] ?? text
}

async function secretsOf(system: System): Promise<Readonly<Record<string, string>>> {
  const { client_id: clientId } = system.demo
  const secret = await manage<{ client_secret_text: string }>(system, 'POST', `/v1/clients/${clientId}/secrets`, {})
  const initial = await manage<{ initial_access_token_text: string }>(system, 'POST', '/v1/initial-access-tokens', {
    environment_id: system.demo.environment,
  })
  const password = randomBytes(18).toString('hex')
  const user = { environment_id: system.demo.environment, username: `planted-${randomBytes(4).toString('hex')}` }
  await manage(system, 'POST', '/v1/users', { ...user, password })
  const { issuer, api } = system.demo
  const register = {
    headers: { authorization: `Bearer ${initial.initial_access_token_text}`, 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: 'Planted', grant_types: ['client_credentials'] }),
  }
  const registered = await answerOf(`${issuer}/oauth2/v2/register`, register)
  const token = await answerOf(`${issuer}/${api}/oauth2/v2/token`, {
    headers: { authorization: `Basic ${btoa(`${clientId}:${secret.client_secret_text}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  return {
    'the client secret': secret.client_secret_text,
    'the initial access token': initial.initial_access_token_text,
    'the password': password,
    'the registration access token': registered['registration_access_token'] ?? '',
    'the secret of a client that registered itself': registered['client_secret'] ?? '',
    'the access token': token['access_token'] ?? '',
  }
}

/** @throws when it is no success: what was not made cannot be found either */
async function answerOf(url: string, init: RequestInit): Promise<Record<string, string>> {
  const response = await fetch(url, { ...init, method: 'POST' })
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as Record<string, string>
}
