import { describe, expect, test } from 'vitest'
import { RECORD_BYTES_MAX, readRecord } from './read-record.ts'
import { record } from './record.fixture.ts'

describe('readRecord', () => {
  test('finds the fields that a record is found by', () => {
    expect(readRecord(record(7n, { client_id: 'client_1', credential_id: 'key_1', auth_method: 'api_key' }))).toEqual({
      kind: 'decision',
      keys: {
        timeMs: 1_795_406_807_602,
        allowed: true,
        reason: 'ok',
        environmentId: 'alpha',
        apiId: 'orders',
        operationId: 'getOrder',
        clientId: 'client_1',
        credentialId: 'key_1',
        authMethod: 'api_key',
        requestId: 'request-7',
      },
    })
  })

  test('NUL and overlong values cannot reach an index', () => {
    const read = readRecord(record(1n, { client_id: 'a\0b', credential_id: 'x'.repeat(5000) }))
    expect(read).toMatchObject({ keys: { clientId: 'a\ufffdb', credentialId: 'x'.repeat(256) } })
  })

  const good = record(1n)
  test.each([
    ['no JSON', { ...good, json: Buffer.from('{"class_uid":') }],
    ['no UTF-8', { ...good, json: Buffer.from([0x7b, 0xff, 0x7d]) }],
    ['an array', { ...good, json: Buffer.from('[]') }],
    ['null', { ...good, json: Buffer.from('null') }],
    ['nothing', { ...good, json: Buffer.alloc(0) }],
    ['another identity', { ...good, sequence: 2n }],
    ['sequence 0', { ...good, sequence: 0n }],
    ['a node with a dot', { ...good, node: 'gw.1' }],
    ['the ledger’s own node', record(1n, {}, {}, '_ledger')],
    ['no node', { ...good, node: '' }],
    ['too many bytes', { ...good, json: Buffer.alloc(RECORD_BYTES_MAX + 1, 0x20) }],
    ['an unknown outcome', record(1n, { outcome: 'maybe' })],
    ['no reason', record(1n, { reason: undefined })],
    ['a time out of range', record(1n, {}, { time: 1e300 })],
    ['a time as text', record(1n, {}, { time: 'now' })],
    ['gatehouse as text', record(1n, {}, { gatehouse: 'x' })],
  ])('%s is malformed, and no exception', (_, bad) => {
    expect(readRecord(bad).kind).toBe('malformed')
  })
})
