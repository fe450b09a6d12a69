import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { GatehouseError } from '@gatehouse/errors'
import { startOutboxRelay } from '@gatehouse/event-store'
import { sharedDatabase, waitFor } from '@gatehouse/testkit'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { append, openTestStore, type TestStore } from '../../../packages/event-store/src/client-log.fixture.ts'
import { checkLogOrder } from '../check/log-order.ts'
import { readLog } from '../evidence.ts'
import { seededRandom } from '../random.ts'

const random = seededRandom(7)
let url: string
let admin: pg.Client
beforeAll(async () => {
  url = await sharedDatabase()
  admin = new pg.Client({ connectionString: url })
  await admin.connect()
})
afterAll(() => admin.end())

/** A transaction that takes its time, so that those of two instances would meet. */
const onAppend = () => sleep(random.between(2, 12))

interface Seen {
  readonly requestId: string
  readonly position: bigint
}

/** One command, repeated with its id until its outcome is known; undefined when it was refused as it asked for. */
async function command(store: TestStore, clientId: string, refusable: boolean): Promise<Seen | undefined> {
  const requestId = randomUUID()
  const expected = refusable ? { expectedVersion: 1_000_000n } : {}
  for (;;) {
    try {
      const { position } = await append(store, { clientId, requestId, ...expected })
      return { requestId, position }
    } catch (error) {
      if (error instanceof GatehouseError && error.status === 'ABORTED' && refusable) return undefined
      expect(error, 'a command fails that nothing is wrong with').toMatchObject({ status: 'UNAVAILABLE' })
      await sleep(20)
    }
  }
}

test('two busy instances, a relay and connections that break: one order, nothing lost or doubled, in the log and outside', async () => {
  const stores = await Promise.all([openTestStore(url, { onAppend }), openTestStore(url, { onAppend })])
  const published: RecordedEvent[] = []
  const publisher = {
    async publish(events: readonly RecordedEvent[]) {
      published.push(...events)
      await sleep(random.between(0, 10))
    },
  }
  const relay = startOutboxRelay({ store: stores[0], publisher, standbyMs: 20, backOffMs: 10 })
  let busy = true
  const breaking = (async () => {
    while (busy) {
      await sleep(random.between(40, 120))
      await admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'event-store test'`)
    }
  })()
  const loops = Array.from({ length: 12 }, async (_, loop) => {
    const seen: (Seen | undefined)[] = []
    for (let each = 0; each < 15; each++)
      seen.push(await command(stores[loop % 2] as TestStore, `client${loop}`, random.chance(0.2)))
    return seen
  })
  const acknowledged = await Promise.all(loops)
    .then((all) => all.flat().filter((seen) => seen !== undefined))
    .finally(async () => {
      busy = false
      await breaking
    })
  const log = await readLog(admin, 'credential')
  const last = log.at(-1)?.position ?? 0n
  await waitFor(async () => published.some(({ position }) => position >= last), { what: 'all is published' })
  await Promise.all([relay.close(), ...stores.map((store) => store.end())])
  expect(checkLogOrder({ events: log, published })).toEqual([])
  expect(acknowledged.map(({ position }) => position).toSorted((a, b) => Number(a - b))).toEqual(
    log.map(({ position }) => position),
  )
})
