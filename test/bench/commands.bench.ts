import { createHash, randomUUID } from 'node:crypto'
import { Client } from '@gatehouse/contracts/credential/v1/client'
import { type CredentialEvent, credentialEvents } from '@gatehouse/contracts/events'
import { type EventStore, type Fold, handleCommand, openEventStore, openPool } from '@gatehouse/event-store'
import { freshDatabase, startPostgres } from '@gatehouse/testkit'
import { alternate, atLeast, type Bench, type Measure } from './measure.ts'

const inFlight = 64
const roundMs = 1_500

/** Commands per second at 64 in flight, fsync on: waiting commands in one transaction against one transaction each. */
export const bench: Bench = {
  name: 'commands',
  async run({ rounds = 3 }): Promise<readonly Measure[]> {
    await using server = await startPostgres({ fsync: true })
    const grouped = await openLog(await freshDatabase(server))
    const single = await openLog(await freshDatabase(server), 1)
    try {
      const rates = await alternate(rounds, {
        grouped: () => commandsPerSecond(grouped.store),
        single: () => commandsPerSecond(single.store),
      })
      const peer = { name: 'one transaction each', value: rates.single }
      return [atLeast('commands', 'commands at 64 in flight, fsync on', '1/s', rates.grouped, peer, 5)]
    } finally {
      await Promise.all([grouped.close(), single.close()])
    }
  },
}

async function openLog(url: string, commandsPerTransactionMax?: number) {
  const pool = openPool({ url, applicationName: 'bench' })
  const limit = commandsPerTransactionMax === undefined ? {} : { commandsPerTransactionMax }
  const given = { pool, schema: 'credential', source: 'credential', events: credentialEvents } as const
  const store = await openEventStore({ ...given, ...limit })
  return {
    store,
    async close() {
      await store.close()
      await pool.end()
    },
  }
}

async function commandsPerSecond(store: EventStore<CredentialEvent>): Promise<number> {
  const started = performance.now()
  const end = started + roundMs
  let done = 0
  const worker = async () => {
    while (performance.now() < end) {
      await register(store)
      done++
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  return (done * 1000) / (performance.now() - started)
}

const nothing: Fold<undefined, CredentialEvent> = { initialState: undefined, evolve: () => undefined }

/** One event on a stream of its own. */
async function register(store: EventStore<CredentialEvent>): Promise<void> {
  const clientId = randomUUID()
  const facts = { clientId, environmentId: 'alpha', displayName: 'bench' }
  const data = { ...facts, registerTime: new Date(), registration: undefined }
  const registered = { type: 'gatehouse.credential.v1.ClientRegistered', data } as const
  await handleCommand(store, {
    caller: 'bench',
    requestId: clientId,
    requestHash: createHash('sha256').update(clientId).digest(),
    streams: { client: { id: `client-${clientId}`, fold: nothing } },
    decide: () => ({ events: { client: [registered] } }),
    reply: ({ versions }) => Client.fromPartial({ ...facts, version: versions.client }),
    replyCodec: Client,
  })
}
