import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from '@gatehouse/testkit'
import { verifyExport } from '@gatehouse/transparency-log'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { call, decisionOf, issueKey, manage, type Problem, revokeKey } from './client.ts'
import { oauthContract } from './oauth.contract.ts'
import { rawGet } from './raw.ts'
import { type Mode, type System, startSystem } from './system.ts'

/** What a client and an operator see of the whole path, the same in every way of running. */
export function pathContract(mode: Mode): void {
  describe(`${mode}: the whole path`, () => {
    let system: System
    beforeAll(async () => {
      system = await startSystem(mode)
    })
    afterAll(() => system?.dispose())

    test('the curl lines of the announcement answer 200, 401, and after the revocation 401', async () => {
      const { path, api_key: key, api_key_id: id } = system.demo
      expect((await call(system, path, { 'x-api-key': key })).status).toBe(200)
      expect((await call(system, path)).status).toBe(401)
      const position = await revokeKey(system, id)
      const revoked = await call(system, path, { 'x-api-key': key, 'x-gatehouse-position': position })
      expect(revoked.status).toBe(401)
      expect(revoked.headers.get('www-authenticate')).toContain('ApiKey')
    })

    test('a key works from the moment it was issued, for a client that carries the position', async () => {
      for (let round = 0; round < 20; round++) {
        const { key, position } = await issueKey(system)
        const headers = { 'x-api-key': key, 'x-gatehouse-position': position }
        expect((await call(system, system.demo.path, headers)).status).toBe(200)
      }
    })

    test('a revoked key never works again, for a client that carries the position', async () => {
      for (let round = 0; round < 20; round++) {
        const { key, id, position } = await issueKey(system)
        const used = await call(system, system.demo.path, { 'x-api-key': key, 'x-gatehouse-position': position })
        expect(used.status).toBe(200)
        const revoked = await revokeKey(system, id)
        const headers = { 'x-api-key': key, 'x-gatehouse-position': revoked }
        expect((await call(system, system.demo.path, headers)).status).toBe(401)
      }
    })

    test('the upstream learns who calls, and what the client claims of itself does not reach it', async () => {
      const { key, position } = await issueKey(system)
      const response = await call(system, `${system.demo.path}?q=1`, {
        authorization: `ApiKey ${key}`,
        'x-gatehouse-position': position,
        'x-client-id': 'mallory',
        x_user_id: 'mallory',
        'x-auth-method': 'root',
      })
      const { path, identity } = (await response.json()) as { path: string; identity: Record<string, string> }
      expect(path).toBe('/items?q=1')
      expect(identity).toMatchObject({ 'x-client-id': system.demo.client_id, 'x-auth-method': 'api_key' })
      expect(identity['x-user-id']).toBeUndefined()
      expect(identity['x-request-id']).toBe(response.headers.get('x-request-id'))
    })

    test('every answer has exactly one record, which says what was decided and on what', async () => {
      const { key, id, position } = await issueKey(system)
      const allowed = await call(system, system.demo.path, { 'x-api-key': key, 'x-gatehouse-position': position })
      const record = await decisionOf(system, allowed.headers.get('x-request-id') ?? '')
      expect(record).toMatchObject({ reason: 'ok', allowed: true, credential_id: id, client_id: system.demo.client_id })
      const schema = JSON.parse(
        readFileSync(join(import.meta.dirname, '../../docs/decision-record.schema.json'), 'utf8'),
      ) as object
      const validate = new Ajv2020({ strict: false }).compile(schema)
      expect(validate(record.record), JSON.stringify(validate.errors)).toBe(true)
    })

    test('keys that are wrong in different ways look alike, and only the record tells them apart', async () => {
      const { key, id, position } = await issueKey(system)
      const other = await issueKey(system)
      await revokeKey(system, other.id)
      await manage(system, 'POST', `/v1/api-keys/${id}/suspend`, { reason: 'test' })
      const last = await issueKey(system)
      const swapped = `${key.slice(0, -4)}zzzz`
      const wrong: Record<string, string> = {
        api_key_revoked: other.key,
        api_key_suspended: key,
        credential_malformed: swapped,
        credential_unknown: 'a-key-that-somebody-made-up-0123456789',
      }
      expect(position).not.toBe(last.position)
      const seen = new Set<string>()
      for (const [reason, text] of Object.entries(wrong)) {
        const response = await call(system, system.demo.path, {
          'x-api-key': text,
          'x-gatehouse-position': last.position,
        })
        const body = (await response.json()) as Problem
        seen.add(`${response.status} ${response.headers.get('www-authenticate')} ${body.code} ${body.type}`)
        expect((await decisionOf(system, body.request_id)).reason).toBe(reason)
      }
      expect([...seen]).toHaveLength(1)
    })

    test('two keys at once are refused, in one header or in two', async () => {
      const { key, position } = await issueKey(system)
      const both = { 'x-api-key': key, authorization: `ApiKey ${key}`, 'x-gatehouse-position': position }
      const response = await call(system, system.demo.path, both)
      expect(response.status).toBe(401)
      const { request_id: requestId } = (await response.json()) as Problem
      expect((await decisionOf(system, requestId)).reason).toBe('credential_ambiguous')
    })

    test.each([
      ['/orders/nothing', 404],
      ['/nowhere', 404],
      ['/orders/items/..%2f..%2fadmin', 400],
      ['/orders//items', 400],
      ['/orders/%2e%2e/items', 400],
    ])('%s is answered with %i and a problem', async (path, status) => {
      // Not by fetch, which would normalise the path before it is sent.
      const response = await rawGet(system.demo.gateway, path)
      expect(response.status).toBe(status)
      expect(response.headers['content-type']).toBe('application/problem+json')
    })

    test('an operation without security is open to everybody', async () => {
      const response = await call(system, '/orders/health')
      expect(response.status).toBe(200)
      const record = await decisionOf(system, response.headers.get('x-request-id') ?? '')
      expect(record).toMatchObject({ reason: 'ok', allowed: true })
    })

    test('a method that the path does not have is answered with 405 and Allow', async () => {
      const response = await call(system, system.demo.path, {}, { method: 'DELETE' })
      expect(response.status).toBe(405)
      expect(response.headers.get('allow')).toContain('GET')
    })

    // Before the next test, which gives the demo's client another subscription.
    oauthContract(() => system)

    test('a plan is a limit: what exceeds it is answered with 429 and when to come again', async () => {
      const plan = { display_name: 'Tiny', rate_limits: [{ name: 'few', requests: 3, period: '3600s' }] }
      await manage(system, 'PUT', '/v1/environments/alpha/plans/tiny', plan)
      const { subscription } = await manage<{ subscription: { subscription_id: string } }>(
        ...([system, 'POST', '/v1/subscriptions'] as const),
        { client_id: system.demo.client_id, api_id: system.demo.api, plan_id: 'tiny' },
      )
      const { api_key_secret: key, position } = await manage<{ api_key_secret: string; position: string }>(
        ...([system, 'POST', `/v1/subscriptions/${subscription.subscription_id}/activate`] as const),
        {},
      )
      const headers = { 'x-api-key': key, 'x-gatehouse-position': position }
      const statuses = []
      let last: Response | undefined
      for (let n = 0; n < 4; n++) {
        last = await call(system, system.demo.path, headers)
        statuses.push(last.status)
      }
      expect(statuses).toEqual([200, 200, 200, 429])
      expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(1000)
      expect(last?.headers.get('ratelimit')).toMatch(/^"few";r=0;t=\d+$/)
    })

    test('a position that lies in the future is answered with 503, never from an older state', async () => {
      const headers = { 'x-api-key': system.demo.api_key, 'x-gatehouse-position': 'credential:999999999' }
      expect((await call(system, system.demo.path, headers)).status).toBe(503)
    })

    test('a malformed position is answered with 400', async () => {
      expect((await call(system, system.demo.path, { 'x-gatehouse-position': 'soon' })).status).toBe(400)
    })

    test('the ledger has no holes', async () => {
      const { nodes } = await manage<{ nodes: { holes: unknown[] }[] }>(system, 'GET', '/v1/completeness')
      expect(nodes.length).toBeGreaterThan(0)
      expect(nodes.flatMap(({ holes }) => holes)).toEqual([])
    })

    test('every record is in the signed tree over the ledger, and an export verifies by itself', async () => {
      const { key, id } = await issueKey(system)
      const { checkpoint, verifier_key: verifierKey } = await manage<{ checkpoint: string; verifier_key: string }>(
        ...([system, 'GET', '/v1/ledger/checkpoint'] as const),
      )
      await call(system, system.demo.path, { 'x-api-key': key })
      const used = await waitFor(
        async () =>
          (await manage<{ decisions: { decision_id: string }[] }>(system, 'GET', `/v1/decisions?credential_id=${id}`))
            .decisions[0],
        { what: 'the decision is in the ledger' },
      )
      const response = await fetch(`${system.demo.console}/v1/ledger/export`, {
        headers: { authorization: `Bearer ${system.demo.operator_token}` },
      })
      const lines = (await response.text()).split('\n').slice(0, -1)
      const verdict = await verifyExport(
        lines.map((line) => Buffer.from(line)),
        { verifierKey, earlier: [checkpoint] },
      )
      expect(verdict.records).toBe(lines.length - 1)
      expect(lines.some((line) => line.includes(`"${used.decision_id}"`))).toBe(true)
    })

    test('after a stop and a start everything is there again', async () => {
      const { key, id, position } = await issueKey(system)
      expect(await system.end('SIGTERM')).toBe(0)
      await system.again()
      const headers = { 'x-api-key': key, 'x-gatehouse-position': position }
      expect((await call(system, system.demo.path, headers)).status).toBe(200)
      const revoked = await revokeKey(system, id)
      const after = await call(system, system.demo.path, { 'x-api-key': key, 'x-gatehouse-position': revoked })
      expect(after.status).toBe(401)
    })
  })
}
