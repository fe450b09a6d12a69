import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { sharedDatabase, waitFor } from '@gatehouse/testkit'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { append, openTestStore } from './client-log.fixture.ts'
import { type OutboxRelay, startOutboxRelay } from './outbox-relay.ts'

type Opened = Awaited<ReturnType<typeof openTestStore>>
let url: string
let store: Opened
let relays: OutboxRelay[]

beforeEach(async () => {
  url = await sharedDatabase()
  store = await openTestStore(url)
  relays = []
})
afterEach(async () => {
  await Promise.all(relays.map((relay) => relay.close()))
  await store.end()
})

/** A topic that remembers what it acknowledged, and may be told to fail. */
function topic() {
  const positions: number[] = []
  let failures = 0
  return {
    positions,
    failNext: (count: number) => {
      failures = count
    },
    publisher: {
      async publish(events: readonly RecordedEvent[]) {
        if (failures-- > 0) throw new Error('broker away')
        positions.push(...events.map(({ position }) => Number(position)))
      },
    },
  }
}

function start(publisher: ReturnType<typeof topic>['publisher'], errors: unknown[] = []): OutboxRelay {
  const onError = (error: unknown) => errors.push(error)
  const relay = startOutboxRelay({ store, publisher, onError, standbyMs: 20, backOffMs: 10 })
  relays.push(relay)
  return relay
}

const write = async (count: number) => {
  for (let index = 0; index < count; index++) await append(store, { clientId: 'a' })
}
const published = (relay: OutboxRelay, position: bigint) =>
  waitFor(async () => relay.publishedPosition() === position, { what: `${position} published` })
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)

test('publishes in order, what was there and what comes, and goes on from there after a restart', async () => {
  const { positions, publisher } = topic()
  await write(5)
  const first = start(publisher)
  await published(first, 5n)
  await write(5)
  await published(first, 10n)
  await first.close()
  await write(5)
  await published(start(publisher), 15n)
  expect(positions).toEqual(upTo(15))
})

test('publishes again what was not acknowledged', async () => {
  const errors: unknown[] = []
  const { positions, publisher, failNext } = topic()
  failNext(3)
  await write(4)
  await published(start(publisher, errors), 4n)
  expect(positions).toEqual(upTo(4))
  expect(errors).toHaveLength(3)
})

test('of two relays one leads, and the other takes over when its connection dies', async () => {
  const { positions, publisher } = topic()
  const two = [start(publisher), start(publisher)]
  await waitFor(async () => two.some((relay) => relay.leading()), { what: 'a leader' })
  await write(3)
  const leader = two.find((relay) => relay.leading()) as OutboxRelay
  await published(leader, 3n)
  expect(two.filter((relay) => relay.leading())).toEqual([leader])

  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  await admin.query(`SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
    WHERE locktype = 'advisory' AND datname = current_database()`)
  await admin.end()
  await write(3)
  await waitFor(async () => new Set(positions).size === 6, { what: 'all published' })
  // Twice is allowed, backwards or with a hole is not: a consumer drops what it has.
  let last = 0
  for (const position of positions) {
    expect(position).toBeLessThanOrEqual(last + 1)
    last = Math.max(last, position)
  }
})

test('a zombie that comes back late does not move the published position back', async () => {
  const { promise: thaw, resolve } = Promise.withResolvers<void>()
  const zombie = start({ publish: () => thaw })
  await write(2)
  await waitFor(async () => zombie.leading(), { what: 'leading' })
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  await admin.query(`UPDATE credential.outbox_relay SET published_position = 9`)
  resolve()
  await waitFor(async () => zombie.publishedPosition() === 2n, { what: 'the zombie is done' })
  const { rows } = await admin.query('SELECT published_position FROM credential.outbox_relay')
  await admin.end()
  expect(rows).toEqual([{ published_position: '9' }])
})
