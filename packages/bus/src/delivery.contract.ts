import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { SubscribeOptions, Subscription } from './subscribe.ts'

/** One way of delivery, on a log of its own. */
export interface DeliveryHarness {
  /** Commits events and, where there is a broker, publishes them. */
  append(count: number): Promise<void>
  /** What was committed. */
  readonly committed: readonly RecordedEvent[]
  subscribe(options: Pick<SubscribeOptions, 'after' | 'onEvents'>): Subscription
  /** The log's server goes away, is asked in vain and comes back. */
  restartLog(): Promise<void>
  /** Every connection of the pull path is reset. */
  resetPull(): void
  /** No byte passes on the pull path while this runs, and until a question was not answered. */
  blackHole(work: () => Promise<void>): Promise<void>
  dispose(): Promise<void>
}

/** What every way of delivery promises: each event once, in order, from any position, whatever breaks. */
export function deliveryContract(name: string, make: () => Promise<DeliveryHarness>): void {
  describe(`delivery by ${name}`, () => {
    let harness: DeliveryHarness
    const open: Subscription[] = []

    beforeEach(async () => {
      harness = await make()
    })
    afterEach(async () => {
      for (const subscription of open.splice(0)) await subscription.close()
      await harness.dispose()
    })

    /** A consumer that keeps what it takes; `refuse` may throw before it takes a batch. */
    const consume = (start = 0n, refuse: (events: readonly RecordedEvent[]) => void | Promise<void> = () => {}) => {
      const taken: RecordedEvent[] = []
      let position = start
      const consumer = {
        taken,
        lose: (to: bigint) => {
          position = to
          taken.length = Number(to - start)
        },
        subscription: harness.subscribe({
          after: async () => position,
          onEvents: async (events) => {
            await refuse(events)
            taken.push(...events)
            position = events.at(-1)!.position
          },
        }),
      }
      open.push(consumer.subscription)
      return consumer
    }
    const ids = (events: readonly RecordedEvent[]) => events.map(({ position, eventId }) => `${position} ${eventId}`)
    const hasAll = async (consumer: ReturnType<typeof consume>, start = 0) => {
      const awaited = harness.committed.length - start
      await vi.waitFor(() => expect(consumer.taken.length).toBeGreaterThanOrEqual(awaited), {
        timeout: 30_000,
        interval: 10,
      })
      expect(ids(consumer.taken)).toEqual(ids(harness.committed.slice(start)))
    }

    test('a consumer that begins at 0 gets the whole log, then what is appended', async () => {
      await harness.append(1_200)
      const consumer = consume()
      await hasAll(consumer)
      for (let i = 0; i < 20; i++) await harness.append(3)
      await hasAll(consumer)
      expect(consumer.subscription.state.position).toBe(BigInt(harness.committed.length))
    })

    test('the first event of an empty log arrives', async () => {
      const consumer = consume()
      await vi.waitFor(() => expect(consumer.subscription.state.head).toBe(0n), { timeout: 30_000 })
      await harness.append(1)
      await hasAll(consumer)
    })

    test('a consumer that begins within the log gets what follows only', async () => {
      await harness.append(50)
      const consumer = consume(30n)
      await harness.append(50)
      await hasAll(consumer, 30)
    })

    test('an event arrives as it was committed', async () => {
      const consumer = consume()
      await harness.append(1)
      await hasAll(consumer)
      const { data, ...fields } = harness.committed[0]!
      const { data: arrived, ...others } = consumer.taken[0]!
      expect(others).toMatchObject({ ...fields, _unknownFields: undefined, ...('_unknownFields' in others && others) })
      expect(Buffer.from(arrived)).toEqual(Buffer.from(data))
    })

    test('refused events are brought again, and none is doubled or left out', async () => {
      let calls = 0
      const consumer = consume(0n, () => {
        if (calls++ % 3 === 0) throw new Error('refused by the test')
      })
      for (let i = 0; i < 10; i++) await harness.append(5)
      await hasAll(consumer)
    })

    test('a consumer that lost what it had gets it again', async () => {
      let loses = false
      const consumer = consume(0n, () => {
        if (!loses) return
        loses = false
        consumer.lose(10n)
        throw new Error('a replica without the last events took over')
      })
      await harness.append(40)
      await hasAll(consumer)
      loses = true
      await harness.append(1)
      await hasAll(consumer)
      expect(loses).toBe(false)
    })

    test('a slow consumer is called once at a time', async () => {
      let running = 0
      let most = 0
      const consumer = consume(0n, async () => {
        most = Math.max(most, ++running)
        await new Promise((resolve) => setTimeout(resolve, 20))
        running--
      })
      for (let i = 0; i < 20; i++) await harness.append(2)
      await hasAll(consumer)
      expect(most).toBe(1)
    })

    test('events committed while the log cannot be reached arrive when it is back', async () => {
      const consumer = consume()
      await harness.append(10)
      await hasAll(consumer)
      const back = harness.restartLog()
      await harness.append(10)
      await back
      await harness.append(10)
      await hasAll(consumer)
    })

    test('broken connections lose and double nothing', async () => {
      const consumer = consume()
      for (let i = 0; i < 10; i++) {
        await harness.append(20)
        harness.resetPull()
      }
      await hasAll(consumer)
    })

    test('events committed during silence on the pull path arrive after it', async () => {
      const consumer = consume()
      await harness.append(10)
      await hasAll(consumer)
      await harness.blackHole(() => harness.append(10))
      await harness.append(10)
      await hasAll(consumer)
    })

    test('consumers do not disturb each other', async () => {
      const first = consume()
      await harness.append(30)
      const second = consume(10n)
      await harness.append(30)
      await hasAll(first)
      await first.subscription.close()
      await harness.append(30)
      await hasAll(second, 10)
    })

    test('after close nothing is brought', async () => {
      const consumer = consume()
      await harness.append(10)
      await hasAll(consumer)
      await consumer.subscription.close()
      await harness.append(10)
      const other = consume(10n)
      await hasAll(other, 10)
      expect(consumer.taken.length).toBe(10)
    })

    test('close ends a subscription whose consumer refuses everything', async () => {
      const consumer = consume(0n, () => {
        throw new Error('refused by the test')
      })
      await harness.append(1)
      await vi.waitFor(() => expect(consumer.subscription.state.position).toBe(0n), { timeout: 30_000 })
      const start = performance.now()
      await consumer.subscription.close()
      expect(performance.now() - start).toBeLessThan(20_000)
    })
  })
}
