import { afterAll, beforeAll, expect, test } from 'vitest'
import { basic, post } from './endpoint.ts'
import { type System, startSystem } from './system.ts'

let system: System
beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system?.close())

const grant = { grant_type: 'client_credentials' }
const endpoint = (name: string) => `${system.demo.issuer}/orders/oauth2/v2/${name}`

test('a client is known, and a revocation in force, to whoever carries the position of the write', async () => {
  for (let round = 0; round < 20; round++) {
    const more = { introspectableApis: ['orders'] }
    const asked = { method: 'client_secret_basic', grantTypes: ['client_credentials'], more } as const
    const { clientId, secret, position } = await system.register(asked)
    const headers = { ...basic(clientId, secret), 'x-gatehouse-position': `credential:${position}` }
    const issued = await post(endpoint('token'), { form: grant, headers })
    expect(issued.status).toBe(200)
    const form = { token: String(issued.body['access_token']) }
    const revoked = await post(endpoint('revoke'), { form, headers })
    const after = { ...headers, 'x-gatehouse-position': revoked.headers.get('x-gatehouse-position') ?? '' }
    expect(after['x-gatehouse-position']).toMatch(/^token:\d+$/)
    expect(await post(endpoint('introspect'), { form, headers: after })).toMatchObject({ body: { active: false } })
    const authorization = `Bearer ${form.token}`
    const used = await fetch(`${system.demo.issuer}${system.demo.path}`, { headers: { ...after, authorization } })
    expect(used.status).toBe(401)
  }
})

test('a position that is not reached is 503, one that is none is 400', async () => {
  const asked = (position: string) =>
    post(endpoint('token'), { form: grant, headers: { 'x-gatehouse-position': position } })
  expect((await asked('token:999999')).status).toBe(503)
  expect((await asked('soon')).status).toBe(400)
})
