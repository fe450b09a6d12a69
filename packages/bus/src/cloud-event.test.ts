import { expect, test } from 'vitest'
import { fromAuditMessage, toAuditMessage } from './audit-record.ts'
import { fromKafkaRecord, type KafkaRecord, MalformedRecord, toKafkaRecord } from './cloud-event.ts'
import { sampleEvent } from './testing/served-log.ts'

function asFetched(message: ReturnType<typeof toKafkaRecord>): KafkaRecord {
  const headers = Object.fromEntries(
    Object.entries(message.headers ?? {}).map(([name, value]) => [name, Buffer.from(String(value))]),
  )
  return { key: Buffer.from(String(message.key)), value: Buffer.from(message.value ?? ''), headers }
}

test('an event is a CloudEvents 1.0 record in binary mode, its key the stream', () => {
  const event = sampleEvent(9n)
  expect(toKafkaRecord('credential', event)).toEqual({
    key: 'api_key-2',
    value: event.data,
    headers: {
      'content-type': 'application/protobuf',
      ce_specversion: '1.0',
      ce_id: event.eventId,
      ce_source: 'gatehouse/credential',
      ce_type: 'gatehouse.credential.v1.ApiKeyRevoked',
      ce_subject: 'api_key-2',
      ce_sequence: '9',
      ce_streamversion: '2',
      ce_time: event.recordTime?.toISOString(),
      traceparent: event.traceparent,
    },
  })
})

test('an event is read back as it was written', () => {
  const event = sampleEvent(9n)
  expect(fromKafkaRecord('credential', asFetched(toKafkaRecord('credential', event)))).toEqual(event)
  const bare = { ...event, recordTime: undefined, traceparent: '' }
  expect(fromKafkaRecord('credential', asFetched(toKafkaRecord('credential', bare)))).toEqual(bare)
})

test.each([
  ['ce_source', 'gatehouse/policy'],
  ['ce_source', undefined],
  ['ce_sequence', '0'],
  ['ce_sequence', '-1'],
  ['ce_sequence', '1e3'],
  ['ce_sequence', '9'.repeat(19)],
  ['ce_streamversion', ''],
  ['ce_type', undefined],
  ['ce_subject', ''],
  ['ce_id', undefined],
  ['ce_time', 'yesterday'],
  ['content-type', 'application/json'],
])('a record whose %s is %j is no event', (name, value) => {
  const record = asFetched(toKafkaRecord('credential', sampleEvent(9n)))
  const headers = { ...record.headers, [name]: value === undefined ? undefined : Buffer.from(value) }
  expect(() => fromKafkaRecord('credential', { ...record, headers })).toThrow(MalformedRecord)
})

test('a record without a value is no event', () => {
  const record = asFetched(toKafkaRecord('credential', sampleEvent(9n)))
  expect(() => fromKafkaRecord('credential', { ...record, value: null })).toThrow('the value is null')
})

test('a decision record keeps its bytes and its identity', () => {
  const record = { node: 'gw-1', epoch: 1_700_000_000_000n, sequence: 7n, json: Buffer.from('{"a": 1}') }
  const message = toAuditMessage(record)
  expect(message).toMatchObject({
    key: 'gw-1',
    headers: { ce_id: 'gw-1.1700000000000.7', 'content-type': 'application/json' },
  })
  expect(fromAuditMessage(asFetched(message))).toEqual(record)
})

test.each([
  ['ce_type', 'other'],
  ['ce_epoch', 'x'],
  ['ce_sequence', undefined],
  ['ce_subject', undefined],
])('a record whose %s is %j is no decision record', (name, value) => {
  const record = asFetched(toAuditMessage({ node: 'gw-1', epoch: 1n, sequence: 7n, json: Buffer.from('{}') }))
  const headers = { ...record.headers, [name]: value === undefined ? undefined : Buffer.from(value) }
  expect(() => fromAuditMessage({ ...record, headers })).toThrow(MalformedRecord)
})
