import { ReadEventsRequest, type ReadEventsResponse } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { sharedDatabase } from '@gatehouse/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { append, openTestStore, registered } from './client-log.fixture.ts'
import { eventLogService } from './event-log-service.ts'

type Opened = Awaited<ReturnType<typeof openTestStore>>
let store: Opened
let other: Opened

beforeAll(async () => {
  const url = await sharedDatabase()
  ;[store, other] = await Promise.all([openTestStore(url), openTestStore(url)])
  for (let index = 0; index < 20; index++) await append(store, { clientId: `c${index % 3}` })
})
afterAll(() => Promise.all([store.end(), other.end()]))

const positions = ({ events }: ReadEventsResponse) => events.map(({ position }) => Number(position))

async function collect(stream: AsyncIterable<ReadEventsResponse>): Promise<ReadEventsResponse[]> {
  const batches: ReadEventsResponse[] = []
  for await (const batch of stream) batches.push(batch)
  return batches
}

function read(from: Opened, request: Partial<ReadEventsRequest>) {
  const stop = new AbortController()
  return { stop, stream: eventLogService(from).readEvents(ReadEventsRequest.fromPartial(request), stop) }
}

test('streams what is after a position and ends at the head when asked to', async () => {
  const { stream } = read(store, { afterPosition: 15n, untilHead: true })
  const batches = await collect(stream)
  expect(batches.flatMap(positions)).toEqual([16, 17, 18, 19, 20])
})

test('goes live: appends of this instance and of another arrive in order', async () => {
  const { stop, stream } = read(store, { afterPosition: await store.head() })
  for (const writer of [store, other, store, other]) {
    const next = stream.next()
    const { position } = await append(writer, { clientId: 'live' })
    const { value } = await next
    expect(value && positions(value)).toEqual([Number(position)])
  }
  const next = stream.next()
  stop.abort()
  expect(await next).toEqual({ done: true, value: undefined })
})

test('bounds a batch by bytes, whatever the events weigh', async () => {
  const before = await store.head()
  for (let index = 0; index < 8; index++) {
    await append(store, { clientId: 'heavy', events: [registered('heavy', 'x'.repeat(250_000))] })
  }
  const { stream } = read(store, { afterPosition: before, untilHead: true })
  const batches = await collect(stream)
  expect(batches.map(({ events }) => events.length)).toEqual([5, 3])
})

test('refuses a reader that is ahead of the log, and a negative position', async () => {
  const head = await store.head()
  const ahead = read(store, { afterPosition: head + 1n }).stream.next()
  await expect(ahead).rejects.toMatchObject({ reason: 'POSITION_AHEAD_OF_LOG', metadata: { head: String(head) } })
  await expect(read(store, { afterPosition: -1n }).stream.next()).rejects.toMatchObject({ status: 'INVALID_ARGUMENT' })
})

test('answers the head, also of what others append', async () => {
  const { position } = await append(other, { clientId: 'a' })
  expect(await eventLogService(store).getHead({})).toEqual({ position })
})
