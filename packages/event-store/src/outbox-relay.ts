import { setTimeout as sleep } from 'node:timers/promises'
import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { advisoryKey } from './advisory-key.ts'
import type { EventStore } from './event-store.ts'
import type { Queryable } from './log-reader.ts'

export interface OutboxRelayOptions {
  readonly store: Pick<EventStore<never>, 'schema' | 'pool' | 'readEvents' | 'appendedAfter'>
  /** Resolves when the events are acknowledged, all of them and in order. */
  readonly publisher: { publish(events: readonly RecordedEvent[]): Promise<void> }
  /** Told of every failure; the relay goes on by itself. */
  readonly onError?: (error: unknown) => void
  /** How long a relay waits before it looks again whether it may lead. Default 1 s. */
  readonly standbyMs?: number
  /** First wait after a failure, doubled up to 5 s. Default 100 ms. */
  readonly backOffMs?: number
}

export interface OutboxRelay {
  /** Of the last event that is known to be published; undefined before this relay first led. */
  readonly publishedPosition: () => bigint | undefined
  readonly leading: () => boolean
  /** Stops after the batch in hand, or after `timeoutMs` (default 5 s) without it: it is published again next time. */
  close(timeoutMs?: number): Promise<void>
}

const backOffMaxMs = 5_000

/**
 * Publishes the log in order. Of several relays one leads, by a session advisory lock. One that lost its lock without
 * knowing publishes events twice at worst: the stored position never goes back, and consumers drop what they have.
 */
export function startOutboxRelay({ store, publisher, onError, ...options }: OutboxRelayOptions): OutboxRelay {
  const { standbyMs = 1_000, backOffMs: backOffFirstMs = 100 } = options
  const stop = new AbortController()
  let published: bigint | undefined
  let leading = false
  let backOffMs = backOffFirstMs

  async function lead(session: Queryable): Promise<void> {
    leading = true
    published = await readPublished(session, store.schema)
    while (!stop.signal.aborted) {
      const events = await store.readEvents(published)
      const last = events.at(-1)
      if (last) {
        await publisher.publish(events)
        await storePublished(session, store.schema, last.position)
        published = last.position
        backOffMs = backOffFirstMs
      } else {
        await store.appendedAfter(published, stop.signal)
        // A connection that was lost took the lock with it: stop before publishing beside the next leader.
        await session.query('SELECT 1')
      }
    }
  }

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await whileLocked(store, lead)
        await sleep(standbyMs, undefined, { signal: stop.signal })
      } catch (error) {
        if (stop.signal.aborted) return
        onError?.(error)
        await sleep(backOffMs, undefined, { signal: stop.signal }).catch(() => {})
        backOffMs = Math.min(backOffMs * 2, backOffMaxMs)
      } finally {
        leading = false
      }
    }
  }

  const running = run()
  return {
    publishedPosition: () => published,
    leading: () => leading,
    async close(timeoutMs = 5_000) {
      stop.abort()
      await Promise.race([running, sleep(timeoutMs, undefined, { ref: false })])
    },
  }
}

/** Runs the work if no other relay leads. The lock ends with its connection, which is closed in any case. */
async function whileLocked(
  { pool, schema }: Pick<EventStore<never>, 'pool' | 'schema'>,
  work: (session: Queryable) => Promise<void>,
): Promise<void> {
  const client = await pool.connect()
  try {
    const text = 'SELECT pg_try_advisory_lock($1, $2) AS locked'
    const { rows } = await client.query<{ locked: boolean }>(text, advisoryKey('relay', schema))
    if (rows[0]?.locked) await work(client)
  } finally {
    client.release(true)
  }
}

async function readPublished(db: Queryable, schema: string): Promise<bigint> {
  const text = `SELECT published_position FROM ${schema}.outbox_relay`
  const { rows } = await db.query<{ published_position: string }>(text)
  return BigInt(rows[0]?.published_position ?? 0)
}

async function storePublished(db: Queryable, schema: string, position: bigint): Promise<void> {
  const text = `UPDATE ${schema}.outbox_relay SET published_position = greatest(published_position, $1)`
  await db.query({ name: `${schema} published`, text, values: [position] })
}
