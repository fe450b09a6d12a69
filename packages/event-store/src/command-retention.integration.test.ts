import { randomUUID } from 'node:crypto'
import { sharedDatabase, waitFor } from '@gatehouse/testkit'
import { expect, test } from 'vitest'
import { append, openTestStore, registered } from './client-log.fixture.ts'

test('an answer is remembered for the retention, and forgotten after it', async () => {
  const url = await sharedDatabase()
  const command = { clientId: randomUUID().slice(0, 8), requestId: 'r1' }
  const once = () => append(store, { ...command, events: [registered(command.clientId)] })
  let store = await openTestStore(url)
  await once()
  expect((await once()).replayed).toBe(true)
  await store.pool.query("UPDATE credential.command SET complete_time = complete_time - interval '8 days'")
  await store.end()
  store = await openTestStore(url)
  const remembered = () => store.pool.query<{ count: string }>('SELECT count(*) FROM credential.command')
  await waitFor(async () => (await remembered()).rows[0]?.count === '0', { what: 'the answer is forgotten' })
  expect(await store.head()).toBe(1n)
  await store.end()
})
