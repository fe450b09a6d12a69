import { sharedKafka, startTcpProxy, waitFor } from '@gatehouse/testkit'
import { expect, test, vi } from 'vitest'
import { type DeliveryHarness, deliveryContract } from './delivery.contract.ts'
import { createEventPublisher, ensureTopics, eventTopic, eventTopicSettings, subscribe } from './index.ts'
import { quietLogger, serveLog } from './testing/served-log.ts'

let made = 0

async function harness(withKafka: boolean): Promise<DeliveryHarness> {
  const log = await serveLog()
  const proxy = await startTcpProxy({ to: log.address })
  const clients: { close(): void }[] = []
  const shared = withKafka ? await sharedKafka() : undefined
  const prefix = `${shared?.prefix}${++made}.`
  const kafka = shared && { brokers: shared.brokers, topic: eventTopic('credential', prefix) }
  if (kafka) await ensureTopics(kafka, [eventTopicSettings('credential', prefix)], quietLogger)
  let unanswered = 0
  /** The subscriber has asked in vain: the outage is one to it. */
  const untilUnanswered = () => {
    const before = unanswered
    return waitFor(() => unanswered > before, { what: 'a question is not answered' })
  }
  const publisher = kafka && createEventPublisher({ ...kafka, source: 'credential', logger: quietLogger })
  return {
    committed: log.events,
    append: async (count) => publisher?.publish(log.append(count)) ?? void log.append(count),
    subscribe(options) {
      const client = log.connect(proxy.address)
      clients.push(client)
      const getHead = (...asked: Parameters<typeof client.getHead>) =>
        client.getHead(...asked).catch((error: unknown) => {
          unanswered++
          throw error
        })
      const pull = { ...client, getHead }
      return subscribe({ source: 'credential', pull, ...(kafka && { kafka }), logger: quietLogger, ...options })
    },
    async restartLog() {
      await log.stop()
      await untilUnanswered()
      await log.start()
    },
    resetPull: () => proxy.reset(),
    async blackHole(work) {
      proxy.pause()
      await work()
      await untilUnanswered()
      proxy.resume()
    },
    async dispose() {
      for (const client of clients) client.close()
      await publisher?.close()
      await proxy.stop()
      await log.dispose()
    },
  }
}

deliveryContract('pull alone', () => harness(false))
deliveryContract('Kafka with pull behind it', () => harness(true))

test('a consumer that has more than the log holds is reported once', async () => {
  const log = await serveLog()
  const pull = log.connect()
  const getHead = vi.fn(pull.getHead)
  const error = vi.fn()
  const logger = { debug: () => {}, info: () => {}, warn: () => {}, error }
  const subscription = subscribe({
    source: 'credential',
    pull: { ...pull, getHead },
    after: 5n,
    onEvents: async () => {},
    logger,
  })
  await waitFor(() => error.mock.calls.length > 0)
  const { head } = subscription.state
  const probes = getHead.mock.calls.length
  await waitFor(() => getHead.mock.calls.length >= probes + 2, { what: 'two more probes' })
  expect(head).toBe(0n)
  expect(error.mock.calls).toEqual([[{ source: 'credential', head: '0', position: '5' }, 'the log lost events']])
  await subscription.close()
  pull.close()
  await log.dispose()
})
