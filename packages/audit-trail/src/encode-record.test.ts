import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DecisionEntry } from './decision-entry.ts'
import { recordEncoder } from './encode-record.ts'
import { bounds } from './record-bounds.ts'

const schema = JSON.parse(readFileSync(new URL('../../../docs/decision-record.schema.json', import.meta.url), 'utf8'))
const validate = new Ajv2020({ allErrors: true }).compile(schema)
/** The same schema with every object closed: what the encoder writes must all be described. */
const validateClosed = new Ajv2020({ allErrors: true }).compile(closed({ ...schema, $id: 'closed' }))
const encodeRecord = recordEncoder('gw-1', 1_790_000_000, 'gateway')

function encode(entry: DecisionEntry, sequence: number): string {
  const { bytes, length } = encodeRecord(entry, sequence)
  return bytes.toString('latin1', 0, length)
}

/** By an encoder that has seen no other record. */
function encodeAlone(entry: DecisionEntry, sequence: number): string {
  const { bytes, length } = recordEncoder('gw-1', 1_790_000_000, 'gateway')(entry, sequence)
  return bytes.toString('latin1', 0, length)
}

const least: DecisionEntry = {
  timeMs: 1_795_406_807_602,
  requestId: '0193a1b2',
  allowed: false,
  reason: 'request_malformed',
  auditMode: 'before_response',
}

const whole: Required<DecisionEntry> = {
  ...least,
  allowed: true,
  reason: 'ok',
  auditMode: 'write_ahead',
  method: 'GET',
  host: 'api.example.com',
  path: '/orders/orders/17',
  clientIp: '2001:db8::1',
  userAgent: 'curl/8.5.0',
  statusCode: 200,
  durationUs: 312,
  environmentId: 'alpha',
  apiId: 'orders',
  operationId: 'getOrder',
  credentialId: 'key_1',
  clientId: 'client_1',
  userId: 'user_1',
  subscriptionId: 'sub_1',
  planId: 'gold',
  authMethod: 'api_key',
  scopes: ['orders:read'],
  tokenId: 'jti_1',
  grantId: 'grant_1',
  grantType: 'refresh_token',
  credentialPosition: 12n,
  policyPosition: 3,
  tokenPosition: 9n,
  stalenessMs: 140,
  apiKeyVersion: 2n,
  clientVersion: 1n,
  subscriptionVersion: 4n,
  environmentVersion: 5n,
  apiVersion: 6n,
  planVersion: 7n,
  rateLimit: 100,
  rateRemaining: 42,
  rateResetMs: 900,
}

const nasty = [
  'line\r\nbreak',
  'quote " and \\ backslash',
  '\u2028\u2029',
  '\ud800 alone',
  'end \udc00',
  '\u0000\u001b[31m\u009b31m\u007f',
  'ünï😀',
  '__proto__',
  '</script>',
]

describe('encodeRecord', () => {
  test('a record with every fact is valid, and nothing in it is undescribed', () => {
    const record = JSON.parse(encode(whole, 7))
    expect(validateClosed(record), JSON.stringify(validateClosed.errors)).toBe(true)
    expect(record).toMatchObject({
      type_uid: 600302,
      status_id: 1,
      metadata: { uid: 'gw-1.1790000000.7', correlation_uid: '0193a1b2' },
      actor: { app_uid: 'client_1', user: { uid: 'user_1' } },
      http_request: { url: { hostname: 'api.example.com', path: '/orders/orders/17' }, user_agent: 'curl/8.5.0' },
      http_response: { code: 200 },
      gatehouse: {
        sequence: 7,
        outcome: 'allow',
        positions: { credential: 12, policy: 3, token: 9 },
        token_id: 'jti_1',
        grant_id: 'grant_1',
        grant_type: 'refresh_token',
        versions: { api_key: 2, client: 1, subscription: 4, environment: 5, api: 6, plan: 7 },
        rate_limit: { limit: 100, remaining: 42, reset_ms: 900 },
      },
    })
  })

  test('every fact may be absent, alone and with any others', () => {
    const optional = Object.keys(whole).filter((name) => !(name in least))
    fc.assert(
      fc.property(fc.subarray(optional), fc.boolean(), (present, allowed) => {
        const facts = Object.fromEntries(Object.entries(whole).filter(([name]) => present.includes(name)))
        const record = JSON.parse(encode({ ...least, ...facts, allowed }, 1))
        expect(validateClosed(record), JSON.stringify(validateClosed.errors)).toBe(true)
        expect(record.gatehouse.outcome).toBe(allowed ? 'allow' : 'deny')
        expect('http_request' in record).toBe(['method', 'host', 'path', 'userAgent'].some((n) => present.includes(n)))
      }),
    )
  })

  const others = { ...least, ...Object.fromEntries(Object.keys(whole).map((name) => [name, undefined])) }
  test.each(Object.keys(whole))('after a record with the same credential, another %s is written as such', (name) => {
    const value = whole[name as keyof DecisionEntry]
    const other: Record<string, unknown> = {
      string: `${value}_2`,
      number: Number(value) + 1,
      bigint: 1000n,
      boolean: !value,
      object: ['orders:write'],
    }
    for (const changed of [other[typeof value], name in least ? value : others[name as keyof DecisionEntry]]) {
      const entry = { ...whole, [name]: changed }
      const encodeNext = recordEncoder('gw-1', 1_790_000_000, 'gateway')
      encodeNext(whole, 7)
      const { bytes, length } = encodeNext(entry, 8)
      expect(JSON.parse(bytes.toString('latin1', 0, length))).toEqual(JSON.parse(encodeAlone(entry, 8)))
    }
  })

  test.each(nasty)('%j comes back unchanged, as printable ASCII', (text) => {
    const line = encode({ ...least, userAgent: text, path: text, clientId: text, scopes: [text] }, 1)
    expect(line).toMatch(/^[\x20-\x7e]+$/)
    const record = JSON.parse(line)
    expect(record.http_request.user_agent).toBe(text)
    expect(record.http_request.url.path).toBe(text)
    expect(record.actor.app_uid).toBe(text)
    expect(record.gatehouse.scopes).toEqual([text])
  })

  test('any text comes back, cut to its bound', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 700 }), fc.string({ unit: 'binary' }), (agent, host) => {
        const line = encode({ ...least, userAgent: agent, host }, 1)
        const request = JSON.parse(line).http_request
        expect(request.user_agent).toBe(agent.slice(0, bounds.userAgent))
        expect(request.url.hostname).toBe(host)
        expect(Buffer.byteLength(line)).toBe(line.length)
      }),
    )
  })

  test('a user agent of 1 MB and a path of 1 MB are cut; the record stays small', () => {
    const line = encode({ ...whole, userAgent: '\u2028'.repeat(1 << 20), path: 'é'.repeat(1 << 20) }, 1)
    expect(line.length).toBeLessThan(20_000)
    expect(validate(JSON.parse(line))).toBe(true)
  })

  test('numbers that JSON lacks, or that are no count, become 0', () => {
    const record = JSON.parse(encode({ ...least, stalenessMs: Number.POSITIVE_INFINITY, durationUs: Number.NaN }, 1))
    expect(record.gatehouse).toMatchObject({ staleness_ms: 0, duration_us: 0 })
    expect(JSON.parse(encode({ ...least, durationUs: 1.5 }, 1)).gatehouse.duration_us).toBe(2)
  })

  test.each([
    ['POST', 1],
    ['GET', 2],
    ['PATCH', 3],
    ['DELETE', 4],
    ['PROPFIND', 99],
  ])('%s is activity %i', (method, activity) => {
    const record = JSON.parse(encode({ ...least, method }, 1))
    expect([record.activity_id, record.type_uid]).toEqual([activity, 600300 + activity])
    expect(validate(record)).toBe(true)
  })
})

describe('the published schema', () => {
  test('takes members it does not know: fields are only added', () => {
    const record = JSON.parse(encode(whole, 1))
    record.later = 1
    record.gatehouse.later = {}
    record.http_request.url.later = 'x'
    record.gatehouse.positions.token = 9
    expect(validate(record), JSON.stringify(validate.errors)).toBe(true)
  })

  test.each([
    ['no identity', (record: Shape) => delete record.metadata.uid],
    ['another class', (record: Shape) => (record.class_uid = 6004)],
    ['a sequence of 0', (record: Shape) => (record.gatehouse.sequence = 0)],
    ['an unknown outcome', (record: Shape) => (record.gatehouse.outcome = 'maybe')],
    ['a time as text', (record: Shape) => (record.time = '2026')],
  ])('refuses a record with %s', (_, spoil) => {
    const record = JSON.parse(encode(whole, 1))
    spoil(record)
    expect(validate(record)).toBe(false)
  })

  test('records that were written once are still valid', () => {
    const golden = readFileSync(new URL('./golden-records.jsonl', import.meta.url), 'utf8')
      .trim()
      .split('\n')
    expect(golden.length).toBeGreaterThan(1)
    for (const line of golden) expect(validate(JSON.parse(line)), JSON.stringify(validate.errors)).toBe(true)
  })

  test('what was written with schema 1 is written the same today', () => {
    const golden = readFileSync(new URL('./golden-records.jsonl', import.meta.url), 'utf8')
      .trim()
      .split('\n')
    expect(JSON.parse(encode(whole, 7))).toMatchObject(JSON.parse(golden[0]!))
    expect(JSON.parse(encode(least, 8))).toMatchObject(JSON.parse(golden[1]!))
  })
})

interface Shape {
  class_uid: number
  time: unknown
  metadata: { uid?: string }
  gatehouse: { sequence: number; outcome: string }
}

function closed(node: unknown): never {
  const close = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(close)
    if (value === null || typeof value !== 'object') return value
    const copy = Object.fromEntries(Object.entries(value).map(([name, child]) => [name, close(child)]))
    return 'properties' in copy && copy['type'] === 'object' ? { ...copy, additionalProperties: false } : copy
  }
  return close(node) as never
}

describe('a credential that stands where it does not belong stays out of the record', () => {
  const secret = 'm2q7pjwqa3t3tctfosmsabixeqvqlnkgnq7s6cljgm7svvmicgfu6'
  test.each([
    ['an API key', `gh_alpha_cwtw7pjqwa3t3tct_${secret}_abcdefg`],
    ['an operator token', `gho_${secret}`],
  ])('%s', (_, credential) => {
    const entry = { ...whole, path: `/v1/api-keys/${credential}/revoke`, userAgent: credential, host: credential }
    const record = encode(entry, 1)
    expect(record).not.toContain(secret)
    expect(JSON.parse(record).http_request.url.path).toBe('/v1/api-keys/[redacted]/revoke')
  })

  test('also where the value is cut within it', () => {
    const path = `/${'a'.repeat(bounds.path - 30)}/gh_alpha_cwtw7pjqwa3t3tct_${secret}_abcdefg`
    expect(encode({ ...whole, path }, 1)).not.toContain('gh_alpha')
  })

  test('other paths are kept as they are', () => {
    const path = '/lights/high_quality/gh_pages'
    expect(JSON.parse(encode({ ...whole, path }, 1)).http_request.url.path).toBe(path)
  })
})
