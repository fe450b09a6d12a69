import { auditTopic, auditTopicSettings, createAuditProducer, ensureTopics } from '@gatehouse/bus'
import { migrate, openPool } from '@gatehouse/event-store'
import { createLogger } from '@gatehouse/grpc-service'
import { sharedDatabase, sharedKafka, waitFor } from '@gatehouse/testkit'
import '@gatehouse/bus/kafkajs-repair'
import { Kafka, logLevel } from 'kafkajs'
import { expect, onTestFinished, test } from 'vitest'
import { record } from './domain/record.fixture.ts'
import { startKafkaIntake } from './kafka-intake.ts'
import { readCompleteness } from './read/completeness.ts'
import { listDecisions } from './read/decisions.ts'
import { openLedger } from './store/ledger.ts'

const logger = createLogger('audit', { write: () => undefined })

test('records come from Kafka, go on after a restart, and foreign ones are put aside', async () => {
  const { brokers, prefix } = await sharedKafka()
  await ensureTopics({ brokers }, [auditTopicSettings(prefix)], logger)
  const pool = openPool({ url: await sharedDatabase(), applicationName: 'test' })
  onTestFinished(() => pool.end())
  await migrate(pool, 'audit', [new URL('./migrations/audit/', import.meta.url)])
  const deliveries: number[] = []
  const ledger = openLedger({ pool, onAppended: ({ stored }, all) => void (stored < all.length && deliveries.push(1)) })
  const producer = createAuditProducer({ brokers, topic: auditTopic(prefix), logger })
  onTestFinished(() => producer.close())
  const both = (n: bigint) => [record(n, {}, {}, 'gw-1'), record(n, {}, {}, 'gw-2')]
  const stored = async () => (await readCompleteness(pool)).reduce((sum, node) => sum + Number(node.recordCount), 0)

  await producer.send([1n, 2n, 3n].flatMap(both))
  const first = startKafkaIntake({ brokers, topicPrefix: prefix, ledger, logger })
  await waitFor(async () => (await stored()) === 6, { what: 'six records', timeoutMs: 30_000 })
  await first.close()

  await producer.send([4n, 5n].flatMap(both))
  await sendForeign(brokers, auditTopic(prefix))
  const second = startKafkaIntake({ brokers, topicPrefix: prefix, ledger, logger })
  onTestFinished(() => second.close())
  await waitFor(async () => (await stored()) === 11, { what: 'ten records and a note', timeoutMs: 30_000 })

  expect(deliveries).toEqual([])
  const nodes = await readCompleteness(pool)
  expect(nodes.map(({ node, lastSequence, holes }) => [node, Number(lastSequence), holes.length])).toEqual([
    ['_ledger', 1, 0],
    ['gw-1', 5, 0],
    ['gw-2', 5, 0],
  ])
  const { rows } = await pool.query<{ raw: Buffer; source: string }>('SELECT raw, source FROM audit.dead_letter')
  expect(rows.map(({ raw }) => raw.toString())).toEqual(['not ours'])
  expect(rows[0]!.source).toContain(auditTopic(prefix))
  expect((await listDecisions(pool, undefined, 100, '')).decisions).toHaveLength(11)
})

async function sendForeign(brokers: readonly string[], topic: string): Promise<void> {
  const producer = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).producer()
  await producer.connect()
  await producer.send({ topic, messages: [{ partition: 0, key: 'x', value: 'not ours' }] })
  await producer.disconnect()
}
