import { IngestResponse } from '@gatehouse/contracts/audit/v1/audit_service'
import { DecisionRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import { expect, test } from 'vitest'
import { auditServers, type Handlers, rejection } from './testing/audit-server.ts'

const { serve, connect } = auditServers()

const record = () => ({ node: 'n', epoch: 1n, sequence: 1n, json: new Uint8Array() })

const decision = (stored: ReturnType<typeof record>) => ({
  ...DecisionRecord.fromPartial({ decisionId: 'd' }),
  record: stored,
})

test('streams both ways', async () => {
  const { server } = await serve({
    async *ingest(requests) {
      for await (const request of requests) yield IngestResponse.fromPartial({ storedCount: request.records.length })
    },
  })
  async function* batches() {
    for (const size of [1, 2, 3]) yield { records: Array.from({ length: size }, record) }
  }
  const acknowledged: number[] = []
  for await (const { storedCount } of connect(server, 'gateway').ingest(batches())) acknowledged.push(storedCount)
  expect(acknowledged).toEqual([1, 2, 3])
})

test('a stream is written no faster than its reader reads, and its generator ends when the reader leaves', async () => {
  let written = 0
  const { promise: left, resolve: ended } = Promise.withResolvers<void>()
  const json = new Uint8Array(64 * 1024)
  const { server } = await serve({
    async *tailDecisions() {
      try {
        for (; written < 10_000; written++) yield { decision: decision({ ...record(), json }) }
      } finally {
        ended()
      }
    },
  })
  let read = 0
  for await (const _ of connect(server).tailDecisions({ filter: undefined })) {
    if (++read === 10) break
  }
  await left
  expect(written).toBeLessThan(1000)
})

test('an aborted signal ends the stream without an error', async () => {
  const { server } = await serve({
    async *tailDecisions(_, { signal }) {
      yield { decision: undefined }
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    },
  })
  const stop = new AbortController()
  let read = 0
  for await (const _ of connect(server).tailDecisions({ filter: undefined }, { signal: stop.signal })) {
    read++
    stop.abort()
  }
  expect(read).toBe(1)
})

test('draining ends a live stream with UNAVAILABLE and lets a call in progress finish', async () => {
  const { promise: started, resolve: start } = Promise.withResolvers<void>()
  const { promise: finish, resolve: goOn } = Promise.withResolvers<void>()
  const { server } = await serve({
    async getDecision() {
      start()
      await finish
      return { decision: undefined }
    },
    async *tailDecisions(_, { signal }) {
      yield { decision: undefined }
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    },
  })
  const client = connect(server)
  const tail = client.tailDecisions({ filter: undefined })[Symbol.asyncIterator]()
  await tail.next()
  const call = client.getDecision({ decisionId: 'd' })
  await started
  const closed = server.close()
  expect(await rejection(tail.next())).toMatchObject({ status: 'UNAVAILABLE', reason: 'DRAINING' })
  goOn()
  await expect(call).resolves.toMatchObject({ decision: undefined })
  await closed
})

test('a call that never ends is cut when the drain time is over', async () => {
  const { promise: started, resolve: start } = Promise.withResolvers<void>()
  const { server } = await serve(
    {
      getDecision() {
        start()
        return new Promise(() => undefined)
      },
    },
    { drainMs: 50 },
  )
  const call = rejection(connect(server).getDecision({ decisionId: 'd' }, { deadlineMs: 60_000 }))
  await started
  await server.close()
  expect(await call).toMatchObject({ status: 'UNAVAILABLE' })
})

test('a read goes on after its server restarted on the same port', async () => {
  const handlers: Partial<Handlers> = { getDecision: async () => ({ decision: undefined }) }
  const { server } = await serve(handlers)
  const client = connect(server)
  await client.getDecision({ decisionId: 'd' })
  await server.close()
  const later = client.getDecision({ decisionId: 'd' })
  await serve(handlers, { address: server.address })
  await expect(later).resolves.toMatchObject({ decision: undefined })
})
