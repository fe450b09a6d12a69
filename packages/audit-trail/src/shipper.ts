import { setTimeout as delay } from 'node:timers/promises'
import type { StoredRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import type { Batch, BatchEnd } from './spool/reader.ts'
import type { Trail } from './trail.ts'

/** Sends one batch, and the same again after a failure, which must be harmless. Its records are safe once it resolves. */
export type SendBatch = () => Promise<void>

/** Where records go. */
export interface AuditSink {
  /**
   * The records' bytes hold until the next batch is read: where several batches may be on their way, what is needed of
   * them is taken here. One buffer for all is best: objects of thousands of records would outlive many collections.
   */
  prepare(records: readonly StoredRecord[]): SendBatch
  /** Batches that may be on their way at once; 1 when absent. */
  readonly inFlightMax?: number
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
    const window = new SendWindow(options, stop.signal)
    while (!stop.signal.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve
      })
      const batch = await untilDone(options, stop.signal, () => trail.spool.next(batchBytesMax))
      if (batch) {
        if (!(await window.send(batch))) return
        if (!batch.full) await linger()
      } else if (!(await window.settle()) || drain.signal.aborted) {
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

interface Sending {
  readonly end: BatchEnd
  readonly send: SendBatch
  /** Undefined: to be sent, for the first time or again. */
  sent: Promise<boolean> | undefined
}

/** Batches on their way, in order. Only where more waits than one holds there are several. */
class SendWindow {
  readonly #options: ShipperOptions
  readonly #stop: AbortSignal
  readonly #sending: Sending[] = []

  constructor(options: ShipperOptions, stop: AbortSignal) {
    this.#options = options
    this.#stop = stop
  }

  /** Resolves when the next batch may be read; with false when it was stopped before. */
  send(batch: Batch): Promise<boolean> {
    const { inFlightMax = 1 } = this.#options.sink
    const more = batch.full && inFlightMax > 1
    // Not the batch itself: its records would live as long.
    const { segment, end, count } = batch
    const send = this.#options.sink.prepare(batch.records)
    this.#sending.push({ end: { segment, end, count }, send, sent: undefined })
    this.#sendAll()
    return this.settle(more ? inFlightMax - 1 : 0)
  }

  /** Waits for acknowledgements until no more than so many are missing. */
  async settle(left = 0): Promise<boolean> {
    for (let [first] = this.#sending; first && this.#sending.length > left; [first] = this.#sending) {
      if (!(await untilDone(this.#options, this.#stop, () => this.#sent(first)))) return false
      this.#sending.shift()
      this.#options.trail.spool.acknowledge(first.end)
      this.#options.onShipped?.(first.end.count)
    }
    return true
  }

  /** After a failure those behind it are sent again too, so that the order stays. */
  async #sent(first: Sending): Promise<boolean> {
    this.#sendAll()
    try {
      return (await first.sent) ?? false
    } catch (error) {
      for (const sending of this.#sending) sending.sent = undefined
      throw error
    }
  }

  #sendAll(): void {
    for (const sending of this.#sending) {
      sending.sent ??= sentBeforeAbort(sending.send, this.#stop)
      // It is looked at in its turn.
      sending.sent.catch(() => undefined)
    }
  }
}

/** Not Promise.race with one promise for all batches: that would keep a reaction for each of them. */
function sentBeforeAbort(send: SendBatch, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const abort = () => resolve(false)
    signal.addEventListener('abort', abort, { once: true })
    const sent = send().then(() => resolve(true), reject)
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
