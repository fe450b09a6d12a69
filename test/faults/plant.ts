import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { issueKey, revokeKey, type System } from '../e2e/client.ts'
import type { Place } from './check/secrets.ts'

/** Secrets that were used in every way, right and wrong, and what was answered to them. */
export interface Planted {
  readonly secrets: Readonly<Record<string, string>>
  readonly answers: readonly Place[]
}

/** Puts secrets wherever a client or an operator may put one. */
export async function plant(system: System): Promise<Planted> {
  const { demo } = system
  const { key, id, position } = await issueKey(system)
  // Of the form of a key, so that it gets as far as a key gets.
  const made = `${key.slice(0, -30)}${randomBytes(15).toString('hex')}`
  const wrongToken = `gho_${randomBytes(32).toString('base64url')}`
  const answers: Place[] = []
  const ask = async (base: string, path: string, headers: Record<string, string> = {}, body?: string) => {
    const response = await fetch(`${base}${path}`, body === undefined ? { headers } : { method: 'POST', headers, body })
    const head = JSON.stringify([...response.headers])
    answers.push({
      name: `the ${response.status} to ${path.slice(0, 24)}`,
      bytes: Buffer.from(head + (await response.text())),
    })
  }
  for (const secret of [key, made, demo.operator_token]) {
    const header = { 'x-api-key': secret, 'x-gatehouse-position': position }
    // The demo's upstream answers with the path that it was asked for, so what has a secret in its path is refused.
    await ask(demo.gateway, demo.path, header)
    await ask(demo.gateway, demo.path, { authorization: `ApiKey ${secret}` })
    await ask(demo.gateway, demo.path, { authorization: `Bearer ${secret}` })
    await ask(demo.gateway, demo.path, { authorization: `Basic ${btoa(`user:${secret}`)}` })
    await ask(demo.gateway, demo.path, { cookie: `api_key=${secret}` })
    await ask(demo.gateway, demo.path, { ...header, authorization: `ApiKey ${secret}` })
    await ask(demo.gateway, demo.path, { 'x-gatehouse-position': secret })
    await ask(demo.gateway, `${demo.path}?api_key=${secret}`)
    await ask(demo.gateway, `/orders/nothing?api_key=${secret}`, header)
    await ask(demo.gateway, `/nowhere?token=${secret}`)
    await ask(demo.gateway, `/orders/items/${secret}`)
    await ask(demo.gateway, demo.path, { 'user-agent': secret })
    answers.push({ name: 'the answer to a request that cannot be read', bytes: await unreadable(demo.gateway, secret) })
  }
  const operator = { authorization: `Bearer ${demo.operator_token}`, 'content-type': 'application/json' }
  for (const secret of [key, wrongToken]) {
    await ask(demo.console, '/v1/api-keys', { authorization: `Bearer ${secret}` })
    await ask(demo.console, `/v1/api-keys?token=${secret}`, operator)
    await ask(demo.console, `/v1/api-keys?access_token=${secret}`)
    await ask(demo.console, '/v1/api-keys', operator, `{"subscription_id": ${secret}`)
    await ask(demo.console, '/v1/api-keys', operator, JSON.stringify({ subscription_id: 's', digest: secret, secret }))
    await ask(demo.console, '/v1/api-keys/import', operator, JSON.stringify({ subscription_id: 's', digest: secret }))
    await ask(demo.console, `/v1/api-keys/${secret}/revoke`, operator, '{}')
  }
  await revokeKey(system, id)
  await ask(demo.gateway, demo.path, { 'x-api-key': key })
  const parts = { "the key's secret": key.split('_')[3] ?? key, "the made key's secret": made.slice(-30) }
  return { secrets: { ...parts, 'the operator token': demo.operator_token, 'the wrong token': wrongToken }, answers }
}

/** A head with a bare LF and a control character. */
function unreadable(base: string, secret: string): Promise<Buffer> {
  const { hostname, port } = new URL(base)
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(Number(port), hostname)
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('close', () => resolve(Buffer.concat(chunks)))
    socket.on('error', reject)
    socket.end(`GET /orders/items?api_key=${secret} HTTP/1.1\r\nHost: a\nX-API-Key: ${secret}\u0001\r\n\r\n`)
  })
}
