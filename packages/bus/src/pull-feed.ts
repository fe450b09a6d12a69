import type { ReadEventsRequest, ReadEventsResponse } from '@gatehouse/contracts/event_log/v1/event_log_service'
import type { Delivery } from './delivery.ts'
import type { Logger } from './logger.ts'
import { Backoff } from './pause.ts'

/** The pull path: the part of a gRPC client of EventLogService that is needed here, as `createClient` makes it. */
export interface EventLog {
  /** Batches of events; ends or fails when the signal aborts. */
  readEvents(request: ReadEventsRequest, call: { readonly signal: AbortSignal }): AsyncIterable<ReadEventsResponse>
  getHead(request: Record<never, never>, call: { readonly deadlineMs: number }): Promise<{ readonly position: bigint }>
}

export interface PullFeedOptions {
  readonly log: EventLog
  readonly delivery: Delivery
  readonly logger: Logger
  readonly signal: AbortSignal
}

const patienceMs = 2000

/** Brings events from the log itself over a live stream, while it is switched on. */
export class PullFeed {
  readonly #options: PullFeedOptions
  readonly #backoff = new Backoff()
  #on = Promise.withResolvers<void>()
  #stream: AbortController | undefined
  #lastSignOfLife = 0
  #brokenSince: number | undefined

  constructor(options: PullFeedOptions) {
    this.#options = options
    options.signal.addEventListener('abort', () => {
      this.#on.resolve()
      this.#stream?.abort()
    })
  }

  switchOn(): void {
    this.#on.resolve()
  }

  switchOff(): void {
    this.#on = Promise.withResolvers<void>()
    this.#stream?.abort()
  }

  /** Opens the stream anew when it has been silent for so long: its other end may be gone. */
  restartWhenSilentFor(ms: number): void {
    if (!this.#stream || performance.now() - this.#lastSignOfLife < ms) return
    this.#options.logger.warn({ silentMs: ms }, 'the event stream is silent while the log grows')
    this.#stream.abort()
  }

  /** Runs until the signal is aborted. */
  async run(): Promise<void> {
    const { signal } = this.#options
    while (true) {
      await this.#on.promise
      if (signal.aborted) return
      const stream = new AbortController()
      this.#stream = stream
      this.#lastSignOfLife = performance.now()
      try {
        await this.#read(stream.signal)
      } catch (err) {
        // A stream that we abort ourselves may fail or end, as its maker likes.
        if (stream.signal.aborted) continue
        this.#tell(err)
        await this.#backoff.pause(signal)
      } finally {
        this.#stream = undefined
      }
    }
  }

  /** Services start and restart in any order: what mends itself at once is nothing to be woken for. */
  #tell(err: unknown): void {
    this.#brokenSince ??= performance.now()
    const level = performance.now() - this.#brokenSince < patienceMs ? 'debug' : 'warn'
    this.#options.logger[level]({ err }, 'the event stream broke')
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { log, delivery, logger } = this.#options
    const afterPosition = delivery.position ?? 0n
    for await (const { events } of log.readEvents({ afterPosition, untilHead: false }, { signal })) {
      const outcome = await delivery.offer(events)
      this.#lastSignOfLife = performance.now()
      if (outcome === 'hole') {
        logger.error({ after: String(delivery.position), first: String(events[0]?.position) }, 'the log has a hole')
        return this.#backoff.pause(this.#options.signal)
      }
      if (outcome === 'rewound') return
      this.#backoff.reset()
      this.#brokenSince = undefined
    }
    if (!signal.aborted) throw new Error('the server ended the stream')
  }
}
