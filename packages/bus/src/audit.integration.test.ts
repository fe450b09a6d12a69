import type { StoredRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import { type SharedKafka, sharedKafka, waitFor } from '@gatehouse/testkit'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { partitionOf } from './audit-producer.ts'
import {
  type AuditBatch,
  auditTopic,
  auditTopicSettings,
  consumeAudit,
  createAuditProducer,
  ensureTopics,
  OffsetJump,
} from './index.ts'
import { kafkaClient } from './kafka/connection-settings.ts'
import { quietLogger } from './testing/served-log.ts'

let shared: SharedKafka
let made = 0
const closers: (() => Promise<unknown> | unknown)[] = []

beforeAll(async () => {
  shared = await sharedKafka()
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const record = (node: string, sequence: number): StoredRecord => ({
  node,
  epoch: 1n,
  sequence: BigInt(sequence),
  json: Buffer.from(JSON.stringify({ node, sequence })),
})
const records = (node: string, from: number, count: number) =>
  Array.from({ length: count }, (_, index) => record(node, from + index))
const identity = ({ node, sequence }: StoredRecord) => `${node}.${sequence}`

async function start() {
  const prefix = `${shared.prefix}audit${++made}.`
  const kafka = { brokers: shared.brokers, topic: auditTopic(prefix) }
  await ensureTopics(kafka, [auditTopicSettings(prefix, { partitions: 4 })], quietLogger)
  const producer = createAuditProducer({ ...kafka, logger: quietLogger })
  closers.push(producer.close)
  return { kafka, producer }
}

/** A ledger that stores records and offsets together, as a transaction would. */
function ledger(kafka: { brokers: readonly string[]; topic: string }, fail: (batch: AuditBatch) => void = () => {}) {
  const stored: StoredRecord[] = []
  const rejected: AuditBatch['rejected'][number][] = []
  const offsets = new Map<number, bigint>()
  const open = () => {
    const consumer = consumeAudit({
      ...kafka,
      logger: quietLogger,
      nextOffset: async (partition) => offsets.get(partition),
      onRecords: async (batch) => {
        fail(batch)
        stored.push(...batch.records)
        rejected.push(...batch.rejected)
        offsets.set(batch.partition, batch.nextOffset)
      },
    })
    closers.push(consumer.close)
    return consumer
  }
  return { stored, rejected, offsets, open }
}

test('every record arrives once, byte for byte, those of a node in order', async () => {
  const { kafka, producer } = await start()
  const { stored, open } = ledger(kafka)
  open()
  const nodes = ['gw-1', 'gw-2', 'gw-3', 'gw-4', 'gw-5']
  for (let i = 0; i < 4; i++) await producer.send(nodes.flatMap((node) => records(node, i * 300 + 1, 300)))
  await waitFor(() => stored.length >= 6_000, { what: '6,000 records' })
  for (const node of nodes) {
    const own = stored.filter((each) => each.node === node)
    expect(own.map(identity)).toEqual(records(node, 1, 1_200).map(identity))
  }
  expect(Buffer.from(stored[0]!.json)).toEqual(Buffer.from(record(stored[0]!.node, Number(stored[0]!.sequence)).json))
})

test('a consumer goes on at its stored offsets', async () => {
  const { kafka, producer } = await start()
  const { stored, open } = ledger(kafka)
  const first = open()
  await producer.send(records('gw-1', 1, 10))
  await waitFor(() => stored.length === 10)
  await first.close()
  await producer.send(records('gw-1', 11, 10))
  open()
  await waitFor(() => stored.length >= 20)
  expect(stored.map(identity)).toEqual(records('gw-1', 1, 20).map(identity))
})

test('refused records come again from the stored offset', async () => {
  const { kafka, producer } = await start()
  let calls = 0
  const { stored, open } = ledger(kafka, () => {
    if (calls++ % 2 === 0) throw new Error('the transaction failed')
  })
  open()
  for (let i = 0; i < 5; i++) await producer.send(records('gw-1', i * 10 + 1, 10))
  await waitFor(() => stored.length >= 50)
  expect(stored.map(identity)).toEqual(records('gw-1', 1, 50).map(identity))
})

test('a record that is none of ours is handed over as it is', async () => {
  const { kafka, producer } = await start()
  const { stored, rejected, open } = ledger(kafka)
  const foreign = kafkaClient(kafka, quietLogger).producer({ allowAutoTopicCreation: false })
  await foreign.connect()
  const partition = partitionOf('gw-1', 4)
  await foreign.send({ topic: kafka.topic, messages: [{ partition, key: 'k', value: 'junk', headers: { a: 'b' } }] })
  await foreign.disconnect()
  await producer.send(records('gw-1', 1, 3))
  open()
  await waitFor(() => stored.length === 3)
  expect(rejected).toMatchObject([{ offset: 0n, reason: expect.stringContaining('ce_type') }])
  expect(rejected[0]?.value?.toString()).toBe('junk')
})

test.each([
  ['lost records that were not read', 7n],
  ['is another one now', 99n],
])('a partition that %s ends the consumer', async (_, stored) => {
  const { kafka, producer } = await start()
  await producer.send(records('gw-1', 1, 10))
  const partition = partitionOf('gw-1', 4)
  const admin = kafkaClient(kafka, quietLogger).admin()
  await admin.connect()
  // Loads the metadata that deleteTopicRecords needs; partitions of a topic just made may be without a leader.
  await waitFor(() => admin.fetchTopicOffsets(kafka.topic))
  await admin.deleteTopicRecords({ topic: kafka.topic, partitions: [{ partition, offset: '9' }] })
  await admin.disconnect()
  const { offsets, open } = ledger(kafka)
  offsets.set(partition, stored)
  const error = await open().finished.catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(OffsetJump)
  expect(error).toMatchObject({ partition, expected: stored, held: { earliest: 9n, latest: 10n } })
})

test('records sent without a broker are refused in time', async () => {
  const producer = createAuditProducer({
    brokers: ['127.0.0.1:1'],
    topic: 'nowhere',
    logger: quietLogger,
    deadlineMs: 500,
  })
  closers.push(producer.close)
  await expect(producer.send(records('gw-1', 1, 1))).rejects.toMatchObject({ reason: 'KAFKA_UNAVAILABLE' })
})
