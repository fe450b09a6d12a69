import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Browser, page } from './browser.ts'
import { basic, post } from './endpoint.ts'
import { type System, startSystem } from './system.ts'

let system: System
let client: { clientId: string; secret: string }
const at = (path: string) => `${system.demo.issuer}${path}`
const grant = { grant_type: 'client_credentials' }

beforeAll(async () => {
  system = await startSystem()
  client = await system.register({ method: 'client_secret_basic', grantTypes: ['client_credentials'] })
})
afterAll(() => system?.close())

const issue = () => post(at('/orders/oauth2/v2/token'), { form: grant, headers: basic(client.clientId, client.secret) })
const call = (token: string) => fetch(at('/orders/items'), { headers: { authorization: `Bearer ${token}` } })

/** Sends so many bad requests, 20 at a time, and a good one beside each twentieth; answers the statuses of both. */
async function flood(count: number, bad: () => Promise<number>) {
  const refused = new Set<number>()
  const served = new Set<number>()
  let sent = 0
  const attacker = async () => {
    while (sent++ < count) refused.add(await bad())
  }
  const others = async () => {
    while (sent < count) {
      const answer = await issue()
      served.add(answer.status).add((await call(String(answer.body['access_token']))).status)
    }
  }
  await Promise.all([...Array.from({ length: 20 }, attacker), others()])
  return { refused: [...refused], served: [...served] }
}

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

test('tokens of keys that nobody has: refused without a look at their signature, and others are served', async () => {
  const before = process.memoryUsage().heapUsed
  const bad = async () => {
    const header = part({ alg: 'ES256', typ: 'at+jwt', kid: randomBytes(32).toString('base64url') })
    const claims = part({ iss: system.demo.issuer, aud: system.demo.resource, sub: 'x', jti: 'x' })
    return (await call(`${header}.${claims}.${randomBytes(64).toString('base64url')}`)).status
  }
  expect(await flood(1500, bad)).toEqual({ refused: [401], served: [200] })
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(200 << 20)
})

test('wrong secrets, of a client that exists and of many that do not', async () => {
  const [body, checksum] = [client.secret.slice(0, -7), client.secret.slice(-7)]
  const wrong = `${body}${checksum === 'aaaaaaa' ? 'bbbbbbb' : 'aaaaaaa'}`
  const bad = async () => {
    const clientId = Math.random() < 0.5 ? client.clientId : randomBytes(8).toString('hex')
    return (await post(at('/orders/oauth2/v2/token'), { form: grant, headers: basic(clientId, wrong) })).status
  }
  expect(await flood(1000, bad)).toEqual({ refused: [401], served: [200] })
})

test('unknown split and phantom tokens: each is looked for once, and others are served', async () => {
  const bad = async () => (await call(randomBytes(64).toString('base64url'))).status
  expect(await flood(1000, bad)).toEqual({ refused: [401], served: [200] })
})

test('passwords: tries are counted, others sign in and get tokens meanwhile', async () => {
  const { issuer, client_id, resource } = system.demo
  const request = new URLSearchParams({
    ...{ client_id, resource, response_type: 'code', scope: 'orders:read', code_challenge_method: 'S256' },
    ...{ redirect_uri: 'http://127.0.0.1:8765/callback', code_challenge: randomBytes(32).toString('base64url') },
  })
  const open = async () => page(await new Browser(issuer).open(`${issuer}/oauth2/v2/authorize?${request}`))
  const shown = await open()
  expect(shown.status).toBe(200)
  const bad = async () => {
    const browser = new Browser(issuer)
    const signIn = page(await browser.open(`${issuer}/oauth2/v2/authorize?${request}`))
    return page(
      await browser.submit(signIn, { username: `nobody-${Math.random()}`, password: 'wrong password, wrong' }),
    ).status
  }
  const { refused, served } = await flood(60, bad)
  expect(served).toEqual([200])
  expect(refused.every((status) => status < 500)).toBe(true)
})
