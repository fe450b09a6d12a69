import { EventEmitter } from 'node:events'
import type { StoredRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createGrpcSink } from './grpc-sink.ts'
import { startShipper } from './shipper.ts'
import { testDirectory } from './testing/directory.ts'
import { entry } from './testing/entry.ts'
import { requestIds } from './testing/read-all.ts'
import { openTrail } from './trail.ts'

const settings = { node: 'gw-1', product: 'gateway', segmentBytes: 64 << 10, segmentsMax: 4 }

async function open(directory: string) {
  const trail = await openTrail({ ...settings, directory })
  const append = (id: string) => new Promise<void>((resolve) => trail.append(entry(id), resolve))
  return { trail, append }
}

describe('the shipper', () => {
  test('sends in order, trims what was taken, and goes on with what comes later', async () => {
    const { trail, append } = await open(testDirectory())
    const seen: string[] = []
    const shipper = startShipper({
      trail,
      lingerMs: 0,
      sink: { prepare: (r) => async () => void seen.push(...requestIds(r)) },
    })
    const ids = Array.from({ length: 500 }, (_, i) => `${i}`)
    for (const id of ids) await append(id)
    await vi.waitFor(() => expect(seen).toEqual(ids), { timeout: 30_000 })
    await vi.waitFor(() => expect(trail.spool.records).toBe(0), { timeout: 30_000 })
    await shipper.close()
    await trail.close()
  })

  test('repeats a batch until the sink takes it, and loses none', async () => {
    const { trail, append } = await open(testDirectory())
    const seen: string[] = []
    const failures: number[] = []
    const sink = {
      prepare: (records: readonly StoredRecord[]) => async () => {
        if (failures.length < 3) throw new Error('away')
        seen.push(...requestIds(records))
      },
    }
    await append('a')
    const onFailure = (_: unknown, attempt: number) => void failures.push(attempt)
    const shipper = startShipper({ trail, sink, retryMsMax: 5, onFailure })
    await vi.waitFor(() => expect(trail.spool.records).toBe(0), { timeout: 30_000 })
    expect([seen, failures]).toEqual([['a'], [1, 2, 3]])
    await shipper.close()
    await trail.close()
  })

  test('where much waits several batches are on their way; after a failure all that follow go again, in order', async () => {
    const { trail, append } = await open(testDirectory())
    const ids = Array.from({ length: 200 }, (_, i) => `${i}`)
    for (const id of ids) await append(id)
    const sends: { ids: readonly string[]; answer: PromiseWithResolvers<void> }[] = []
    const sink = {
      inFlightMax: 3,
      prepare(records: readonly StoredRecord[]) {
        const ids = requestIds(records)
        return () => {
          const answer = Promise.withResolvers<void>()
          sends.push({ ids, answer })
          return answer.promise
        }
      },
    }
    const shipper = startShipper({ trail, sink, batchBytesMax: 8 << 10, lingerMs: 0, retryMsMax: 5 })
    const sent = (count: number) => vi.waitFor(() => expect(sends).toHaveLength(count), { timeout: 30_000 })
    await sent(3)
    sends[1]?.answer.resolve()
    sends[0]?.answer.reject(new Error('away'))
    sends[2]?.answer.reject(new Error('away'))
    await sent(6)
    expect(trail.spool.records).toBe(200)
    expect(sends.slice(3).map((send) => send.ids)).toEqual(sends.slice(0, 3).map((send) => send.ids))
    for (let next = 3; trail.spool.records > 0; next++) {
      await vi.waitFor(() => expect(sends.length > next || trail.spool.records === 0).toBe(true), { timeout: 30_000 })
      sends[next]?.answer.resolve()
    }
    expect(sends.slice(3).flatMap((send) => send.ids)).toEqual(ids)
    await shipper.close()
    await trail.close()
  })

  test('stopped before the sink answered: the next start sends again', async () => {
    const directory = testDirectory()
    const before = await open(directory)
    await before.append('a')
    const stuck = startShipper({ trail: before.trail, sink: { prepare: () => () => new Promise(() => undefined) } })
    await stuck.close(1)
    await before.trail.close()
    const after = await open(directory)
    const seen: string[] = []
    const shipper = startShipper({
      trail: after.trail,
      sink: { prepare: (r) => async () => void seen.push(...requestIds(r)) },
    })
    await shipper.close()
    expect(seen).toEqual(['a'])
    await after.trail.close()
  })

  test('says how old the oldest record is', async () => {
    const { trail, append } = await open(testDirectory())
    expect(trail.spool.oldestSeconds(Date.now())).toBe(0)
    await append('a')
    expect(trail.spool.oldestSeconds(Date.now() + 5000)).toBeGreaterThanOrEqual(5)
    onTestFinished(() => trail.close())
  })
})

describe('the gRPC sink', () => {
  class Call extends EventEmitter {
    readonly written: Buffer[] = []
    cancelled = false
    write(request: Buffer): boolean {
      this.written.push(request)
      return true
    }
    end(): void {}
    cancel(): void {
      this.cancelled = true
    }
  }

  const record = { node: 'gw-1', epoch: 1n, sequence: 1n, json: Buffer.from('{}') }
  const answer = { storedCount: 1, duplicateCount: 0 }

  test('resolves on the acknowledgement of its own request, over one stream', async () => {
    const calls: Call[] = []
    const sink = createGrpcSink(() => calls[calls.push(new Call()) - 1]!)
    const order: number[] = []
    const both = [1, 2].map((n) =>
      sink
        .prepare([record])()
        .then(() => order.push(n)),
    )
    calls[0]!.emit('data', answer)
    await both[0]
    expect(order).toEqual([1])
    calls[0]!.emit('data', answer)
    await both[1]
    expect(calls).toHaveLength(1)
    expect(calls[0]!.written).toHaveLength(2)
  })

  test.each(['error', 'end'])('rejects what waits on %s, and opens another stream', async (event) => {
    const calls: Call[] = []
    const sink = createGrpcSink(() => calls[calls.push(new Call()) - 1]!)
    const sent = sink.prepare([record])()
    calls[0]!.emit(event, new Error('gone'))
    await expect(sent).rejects.toThrow()
    const again = sink.prepare([record])()
    calls[1]!.emit('data', answer)
    await again
  })

  test('each acknowledgement gives those behind it the whole time again', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const calls: Call[] = []
    const sink = createGrpcSink(() => calls[calls.push(new Call()) - 1]!, { timeoutMs: 1000 })
    const sent = [1, 2, 3].map(() => sink.prepare([record])())
    for (const each of sent.slice(0, 2)) {
      vi.advanceTimersByTime(900)
      calls[0]!.emit('data', answer)
      await each
    }
    vi.advanceTimersByTime(999)
    expect(calls[0]!.cancelled).toBe(false)
    vi.advanceTimersByTime(1)
    await expect(sent[2]).rejects.toThrow('1000 ms')
    expect(calls[0]!.cancelled).toBe(true)
    const again = sink.prepare([record])()
    calls[1]!.emit('data', answer)
    await again
    vi.advanceTimersByTime(5000)
    expect(calls[1]!.cancelled).toBe(false)
  })

  test('rejects and gives the stream up when no acknowledgement comes in time', async () => {
    const call = new Call()
    const sink = createGrpcSink(() => call, { timeoutMs: 5 })
    await expect(sink.prepare([record])()).rejects.toThrow('5 ms')
    expect(call.cancelled).toBe(true)
  })
})
