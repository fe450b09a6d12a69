import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { type KafkaCluster, startKafka, waitFor } from '@gatehouse/testkit'
import type { Admin } from 'kafkajs'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import {
  auditTopic,
  auditTopicSettings,
  consumeAudit,
  createAuditProducer,
  createEventPublisher,
  ensureTopics,
  eventTopic,
  eventTopicSettings,
  subscribe,
} from './index.ts'
import { kafkaClient } from './kafka/connection-settings.ts'
import { quietLogger, serveLog } from './testing/served-log.ts'

describe('three brokers', () => {
  let cluster: KafkaCluster
  let admin: Admin
  let made = 0
  const closers: (() => Promise<unknown> | unknown)[] = []

  beforeAll(async () => {
    // It is broken: never the one that somebody's environment names.
    vi.stubEnv('GATEHOUSE_KAFKA_BROKERS', '')
    cluster = await startKafka({ brokers: 3 })
    admin = kafkaClient(cluster, quietLogger).admin()
    await admin.connect()
  })
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close()
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await admin?.disconnect()
    await cluster?.stop()
  })

  const partitionsOf = async (topic: string) =>
    (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]?.partitions ?? []

  /** Publishes like the relay: in order, and again until it is acknowledged. */
  const untilPublished = (publish: () => Promise<void>) =>
    waitFor(() => publish().then(() => true), { what: 'it is published', timeoutMs: 120_000, intervalMs: 100 })

  const start = async () => {
    const prefix = `t${++made}.`
    const kafka = { brokers: cluster.brokers, topic: eventTopic('credential', prefix) }
    await ensureTopics(kafka, [eventTopicSettings('credential', prefix)], quietLogger)
    const log = await serveLog()
    const publisher = createEventPublisher({ ...kafka, source: 'credential', logger: quietLogger, deadlineMs: 3_000 })
    const pull = log.connect()
    const taken: RecordedEvent[] = []
    const onEvents = async (events: readonly RecordedEvent[]) => void taken.push(...events)
    const subscription = subscribe({ source: 'credential', pull, kafka, after: 0n, onEvents, logger: quietLogger })
    closers.push(log.dispose, publisher.close, () => pull.close(), subscription.close)
    const append = (count: number) => {
      const events = log.append(count)
      return untilPublished(() => publisher.publish(events))
    }
    const feeds = (feed: 'pull' | 'kafka') =>
      waitFor(() => subscription.state.feed === feed, { what: `events come by ${feed}` })
    const hasAll = async () => {
      await waitFor(() => taken.length >= log.events.length, { what: 'all events' })
      expect(taken.map(({ position }) => position)).toEqual(log.events.map(({ position }) => position))
    }
    await feeds('kafka')
    return { kafka, log, append, feeds, hasAll, subscription }
  }

  test('topics have three copies, two of them in sync for every acknowledgement', async () => {
    const { kafka } = await start()
    const [partition] = await partitionsOf(kafka.topic)
    expect(partition?.replicas).toHaveLength(3)
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: kafka.topic, configNames: ['min.insync.replicas'] }],
    })
    expect(resources[0]?.configEntries[0]?.configValue).toBe('2')
  })

  test('a leader that moves under load loses, doubles and disorders nothing', async () => {
    const { kafka, append, hasAll } = await start()
    const [partition] = await partitionsOf(kafka.topic)
    const others = partition!.replicas.filter((node) => node !== partition!.leader)
    let appending = true
    const load = (async () => {
      while (appending) await append(3)
    })()
    await admin.alterPartitionReassignments({
      topics: [{ topic: kafka.topic, partitionAssignment: [{ partition: 0, replicas: others }] }],
    })
    await waitFor(async () => (await partitionsOf(kafka.topic))[0]?.leader !== partition!.leader)
    await append(10)
    appending = false
    await load
    await hasAll()
  })

  test('a leader that is killed under load loses nothing, and Kafka takes over again', async () => {
    const { kafka, append, hasAll, feeds, log } = await start()
    const leader = (await partitionsOf(kafka.topic))[0]!.leader
    const broker = cluster.broker(leader - 1)
    await append(50)
    await broker.kill()
    const committed = log.append(5)
    await hasAll()
    await append(10)
    await hasAll()
    expect(committed.length).toBe(5)
    await broker.restart()
    await append(10)
    await hasAll()
    await feeds('kafka')
  })

  test('with every broker gone events still arrive soon, and publishing goes on when they are back', async () => {
    const { append, hasAll, feeds, log } = await start()
    await append(10)
    await hasAll()
    const servers = [0, 1, 2].map((index) => cluster.broker(index))
    await Promise.all(servers.map((server) => server.kill()))
    const begin = performance.now()
    log.append(10)
    await hasAll()
    expect(performance.now() - begin).toBeLessThan(20_000)
    await Promise.all(servers.map((server) => server.restart()))
    await append(10)
    await hasAll()
    await feeds('kafka')
  })

  test('decision records sent while a leader is killed are all there, those of a node in order', async () => {
    const prefix = `t${++made}.`
    const kafka = { brokers: cluster.brokers, topic: auditTopic(prefix) }
    await ensureTopics(kafka, [auditTopicSettings(prefix, { partitions: 3 })], quietLogger)
    const producer = createAuditProducer({ ...kafka, logger: quietLogger, deadlineMs: 3_000 })
    const stored = new Map<string, bigint[]>()
    const consumer = consumeAudit({
      ...kafka,
      logger: quietLogger,
      nextOffset: async () => undefined,
      onRecords: async ({ records }) => {
        for (const { node, sequence } of records) {
          const own = stored.get(node) ?? []
          // As the ledger does: what is there already is dropped.
          if (!own.includes(sequence)) stored.set(node, [...own, sequence])
        }
      },
    })
    closers.push(producer.close, consumer.close)
    const nodes = ['gw-1', 'gw-2', 'gw-3', 'gw-4', 'gw-5', 'gw-6']
    const expected = Array.from({ length: 200 }, (_, index) => BigInt(index + 1))
    const broker = cluster.broker((await partitionsOf(kafka.topic))[0]!.leader - 1)
    let killed: Promise<void> | undefined
    for (let from = 0; from < expected.length; from += 10) {
      if (from === 100) killed = broker.kill()
      const part = expected.slice(from, from + 10)
      const records = nodes.flatMap((node) =>
        part.map((sequence) => ({ node, epoch: 1n, sequence, json: Buffer.from('{}') })),
      )
      await untilPublished(() => producer.send(records))
    }
    await killed
    const complete = () => nodes.every((node) => stored.get(node)?.length === expected.length)
    await waitFor(complete, { what: 'every record' })
    for (const node of nodes) expect(stored.get(node)).toEqual(expected)
    await broker.restart()
  })
})
