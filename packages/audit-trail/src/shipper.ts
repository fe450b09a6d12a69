import { setTimeout as delay } from 'node:timers/promises'
import type { StoredRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import type { Trail } from './trail.ts'

/** Where records are safe once `send` resolves; sending one again must be harmless. */
export interface AuditSink {
  send(records: readonly StoredRecord[]): Promise<void>
}

export interface ShipperOptions {
  readonly trail: Trail
  readonly sink: AuditSink
  /**
   * Batches that are not full leave so far apart at least; 100 ms by default. Records are durable already, and a batch
   * of a few costs as much as one of hundreds: eight statements where the ledger is in this process.
   */
  readonly lingerMs?: number
  readonly batchBytesMax?: number
  readonly retryMsMax?: number
  /** A send that failed and will be repeated. */
  readonly onFailure?: (error: unknown, attempt: number) => void
  readonly onShipped?: (count: number) => void
}

export interface Shipper {
  /** Ships what is there, up to `deadlineMs`, then stops; what is left is shipped after the next start. */
  close(deadlineMs?: number): Promise<void>
}

/** Sends the trail's records to the sink, in order, for ever; they leave the spool when the sink has them. */
export function startShipper(options: ShipperOptions): Shipper {
  const { trail, lingerMs = 100, batchBytesMax = 1 << 20 } = options
  const stop = new AbortController()
  const drain = new AbortController()
  let wake: () => void = () => undefined
  const unsubscribe = trail.spool.onDurable(() => wake())
  const linger = () => delay(lingerMs, undefined, { signal: drain.signal }).catch(() => undefined)

  async function run(): Promise<void> {
    while (!stop.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve
      })
      const batch = await untilDone(options, stop.signal, () => trail.spool.next(batchBytesMax))
      if (batch) {
        const send = () => sentBeforeAbort(options.sink, batch.records, stop.signal)
        if (!(await untilDone(options, stop.signal, send))) return
        trail.spool.acknowledge(batch)
        options.onShipped?.(batch.records.length)
        if (!batch.full) await linger()
      } else if (drain.signal.aborted) {
        return
      } else {
        await woken
        await linger()
      }
    }
  }

  const running = run()
  return {
    async close(deadlineMs = 5000) {
      drain.abort()
      wake()
      const timer = setTimeout(() => stop.abort(), deadlineMs)
      await running
      clearTimeout(timer)
      unsubscribe()
    },
  }
}

/** Not Promise.race with one promise for all batches: that would keep a reaction for each of them. */
function sentBeforeAbort(sink: AuditSink, records: readonly StoredRecord[], signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const abort = () => resolve(false)
    signal.addEventListener('abort', abort, { once: true })
    const sent = sink.send(records).then(() => resolve(true), reject)
    void sent.finally(() => signal.removeEventListener('abort', abort))
  })
}

/** Repeats what fails, with back-off, until it succeeds; undefined when it was stopped before. */
async function untilDone<T>(
  options: ShipperOptions,
  stop: AbortSignal,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const { retryMsMax = 5000, onFailure } = options
  for (let attempt = 1; !stop.aborted; attempt++) {
    try {
      return await work()
    } catch (error) {
      onFailure?.(error, attempt)
      const backoffMs = Math.min(retryMsMax, 50 * 2 ** Math.min(attempt, 10)) * (0.5 + Math.random() / 2)
      await delay(backoffMs, undefined, { signal: stop }).catch(() => undefined)
    }
  }
  return undefined
}
