import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { type SharedKafka, sharedKafka, startTcpProxy, waitFor } from '@gatehouse/testkit'
import { afterEach, beforeAll, expect, test } from 'vitest'
import {
  createEventPublisher,
  createLogPublisher,
  ensureTopics,
  eventTopic,
  eventTopicSettings,
  subscribe,
} from './index.ts'
import { kafkaClient } from './kafka/connection-settings.ts'
import { quietLogger, serveLog } from './testing/served-log.ts'
import { topicPartitions } from './topics.ts'

let shared: SharedKafka
let made = 0
const closers: (() => Promise<unknown> | unknown)[] = []

beforeAll(async () => {
  shared = await sharedKafka()
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A log, its topic, a publisher, and a subscription that Kafka feeds. */
async function start() {
  const prefix = `${shared.prefix}path${++made}.`
  const kafka = { brokers: shared.brokers, topic: eventTopic('credential', prefix) }
  const topics = [eventTopicSettings('credential', prefix)]
  await ensureTopics(kafka, topics, quietLogger)
  const log = await serveLog()
  const proxy = await startTcpProxy({ to: log.address })
  const publisher = createEventPublisher({ ...kafka, source: 'credential', logger: quietLogger })
  const pull = log.connect(proxy.address)
  const taken: RecordedEvent[] = []
  const onEvents = async (events: readonly RecordedEvent[]) => void taken.push(...events)
  const subscription = subscribe({ source: 'credential', pull, kafka, after: 0n, onEvents, logger: quietLogger })
  closers.push(
    log.dispose,
    () => proxy.stop(),
    publisher.close,
    () => pull.close(),
    subscription.close,
  )
  const feeds = (feed: 'pull' | 'kafka') =>
    waitFor(() => subscription.state.feed === feed, { what: `events come by ${feed}` })
  const hasAll = async () => {
    await waitFor(() => taken.length >= log.events.length, { what: 'all events' })
    expect(taken.map(({ position }) => position)).toEqual(log.events.map(({ position }) => position))
  }
  await feeds('kafka')
  const recreateTopic = async () => {
    const admin = kafkaClient(kafka, quietLogger).admin()
    await admin.connect()
    await admin.deleteTopics({ topics: [kafka.topic] })
    await waitFor(async () => !(await admin.listTopics()).includes(kafka.topic))
    await admin.disconnect()
    await ensureTopics(kafka, topics, quietLogger)
  }
  return { log, proxy, publisher, subscription, taken, feeds, hasAll, kafka, recreateTopic }
}

test('Kafka alone brings events while the log cannot be reached', async () => {
  const { log, proxy, publisher, hasAll, subscription } = await start()
  await proxy.cut()
  for (let i = 0; i < 10; i++) await publisher.publish(log.append(10))
  await hasAll()
  expect(subscription.state).toMatchObject({ feed: 'kafka', kafkaUp: true })
})

test('events published twice, and older ones again, are dropped', async () => {
  const { log, publisher, hasAll } = await start()
  await publisher.publish(log.append(10))
  await publisher.publish(log.events.slice(4))
  await publisher.publish(log.events)
  await publisher.publish(log.append(1))
  await hasAll()
})

test('what was left out in Kafka is pulled, then Kafka takes over again', async () => {
  const { log, publisher, hasAll, feeds, taken } = await start()
  await publisher.publish(log.append(5))
  await hasAll()
  const [, , ...rest] = log.append(5)
  await publisher.publish(rest)
  await hasAll()
  await feeds('kafka')
  await publisher.publish(log.append(1))
  await hasAll()
  expect(taken.length).toBe(11)
})

test('events that Kafka does not have are pulled soon, then Kafka takes over again', async () => {
  const { log, publisher, hasAll, feeds, subscription } = await start()
  const late = log.append(5)
  const start_ = performance.now()
  await hasAll()
  const waitedMs = performance.now() - start_
  expect(waitedMs).toBeGreaterThan(500)
  expect(waitedMs).toBeLessThan(20_000)
  expect(subscription.state.feed).toBe('pull')
  await publisher.publish(late)
  await feeds('kafka')
})

test('records that are none of our events are passed over', async () => {
  const { log, publisher, hasAll, kafka } = await start()
  const foreign = kafkaClient(kafka, quietLogger).producer({ allowAutoTopicCreation: false })
  await foreign.connect()
  await foreign.send({
    topic: kafka.topic,
    messages: [
      { partition: 0, value: 'x' },
      { partition: 0, key: 'k', value: null },
    ],
  })
  await foreign.disconnect()
  await publisher.publish(log.append(5))
  await hasAll()
})

test('a topic that was deleted and made anew loses no event', async () => {
  const { log, publisher, hasAll, recreateTopic, feeds } = await start()
  await publisher.publish(log.append(20))
  await hasAll()
  await recreateTopic()
  log.append(5)
  await hasAll()
  await publisher.publish(log.append(5)).catch(() => publisher.publish(log.events.slice(-5)))
  await hasAll()
  await feeds('kafka')
})

test('publishing without a broker is refused in time', async () => {
  const kafka = { brokers: ['127.0.0.1:1'], topic: 'nowhere' }
  const publisher = createEventPublisher({ ...kafka, source: 'credential', logger: quietLogger, deadlineMs: 1_000 })
  const log = await serveLog()
  closers.push(log.dispose, publisher.close)
  const begin = performance.now()
  await expect(publisher.publish(log.append(1))).rejects.toMatchObject({ reason: 'KAFKA_UNAVAILABLE' })
  expect(performance.now() - begin).toBeLessThan(15_000)
})

test('publishing to a topic that does not exist is refused and makes none', async () => {
  const kafka = { brokers: shared.brokers, topic: `${shared.prefix}missing` }
  const publisher = createEventPublisher({ ...kafka, source: 'credential', logger: quietLogger, deadlineMs: 3_000 })
  const log = await serveLog()
  const admin = kafkaClient(kafka, quietLogger).admin()
  await admin.connect()
  closers.push(log.dispose, publisher.close, () => admin.disconnect())
  await expect(publisher.publish(log.append(1))).rejects.toMatchObject({ reason: 'KAFKA_UNAVAILABLE' })
  expect(await admin.listTopics()).not.toContain(kafka.topic)
})

test('the publisher of a log makes its topic also when Kafka comes later', async () => {
  const topicPrefix = `${shared.prefix}first${++made}.`
  const proxy = await startTcpProxy({ to: shared.brokers[0]! })
  const log = await serveLog()
  const options = { source: 'credential', topicPrefix, logger: quietLogger } as const
  const publisher = createLogPublisher({ ...options, brokers: [proxy.address] })
  closers.push(log.dispose, () => proxy.stop(), publisher.close)
  await proxy.cut()
  await expect(publisher.publish(log.append(2))).rejects.toThrow()
  await proxy.heal()
  await publisher.publish(log.events)
  const topic = eventTopic('credential', topicPrefix)
  expect(await topicPartitions(kafkaClient(shared, quietLogger), topic)).toBe(1)
})

test('the topic of a log is there before its first event, for whoever reads it', async () => {
  const topicPrefix = `${shared.prefix}empty${++made}.`
  const publisher = createLogPublisher({ ...shared, source: 'policy', topicPrefix, logger: quietLogger })
  closers.push(publisher.close)
  const topic = eventTopic('policy', topicPrefix)
  await waitFor(() => topicPartitions(kafkaClient(shared, quietLogger), topic), { what: 'the topic is there' })
})

test('a topic with another number of partitions is refused', async () => {
  const prefix = `${shared.prefix}wide.`
  await ensureTopics(shared, [{ ...eventTopicSettings('credential', prefix), partitions: 3 }], quietLogger)
  const again = ensureTopics(shared, [eventTopicSettings('credential', prefix)], quietLogger)
  await expect(again).rejects.toThrow('has 3 partitions instead of 1')
})

test('services that start together make their topics together', async () => {
  const prefix = `${shared.prefix}together.`
  const topics = [eventTopicSettings('credential', prefix), eventTopicSettings('policy', prefix)]
  const starts = Array.from({ length: 5 }, (_, index) => ensureTopics(shared, topics.slice(index % 2), quietLogger))
  await expect(Promise.all(starts)).resolves.toHaveLength(5)
})

test('domain topics keep their records for ever', async () => {
  const prefix = `${shared.prefix}kept.`
  const topic = eventTopic('policy', prefix)
  await ensureTopics(shared, [eventTopicSettings('policy', prefix)], quietLogger)
  const admin = kafkaClient(shared, quietLogger).admin()
  await admin.connect()
  closers.push(() => admin.disconnect())
  const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name: topic }] })
  const settings = Object.fromEntries(
    resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]),
  )
  expect(settings).toMatchObject({
    'retention.ms': '-1',
    'retention.bytes': '-1',
    'unclean.leader.election.enable': 'false',
    'cleanup.policy': 'delete',
  })
})
