import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import type { Logger } from './logger.ts'
import { Backoff } from './pause.ts'

/**
 * `delivered`: all that was new was taken. `hole`: events before these are missing, nothing was taken. `rewound`: the
 * consumer refused, and stands at another position now.
 */
export type Outcome = 'delivered' | 'hole' | 'rewound'

export interface DeliveryOptions {
  /** The position of the last event that the consumer has: asked at the start and after every refusal. */
  readonly after: bigint | (() => Promise<bigint>)
  /** Takes events without a gap, one call at a time. A rejection is a refusal: they are brought again. */
  onEvents(events: readonly RecordedEvent[]): Promise<void>
  readonly logger: Logger
  readonly signal: AbortSignal
}

/** Brings events to the consumer in dense order, whoever offers them: without duplicates, never over a hole. */
export class Delivery {
  readonly #options: DeliveryOptions
  readonly #backoff = new Backoff()
  #position: bigint | undefined
  #last: Promise<unknown> = Promise.resolve()
  #busy = false

  constructor(options: DeliveryOptions) {
    this.#options = options
  }

  /** Position of the last event that the consumer has; undefined until it was asked. */
  get position(): bigint | undefined {
    return this.#position
  }

  /** Whether the consumer is at work or has refused: being late is then not the fault of who delivers. */
  get busy(): boolean {
    return this.#busy
  }

  /** Asks the consumer for its position, until it answers or all is over. */
  async begin(): Promise<void> {
    const { after, logger, signal } = this.#options
    while (!signal.aborted) {
      try {
        this.#position = typeof after === 'function' ? await after() : (this.#position ?? after)
        return
      } catch (err) {
        logger.error({ err }, 'the consumer does not answer its position')
        await this.#backoff.pause(signal)
      }
    }
  }

  /** Offers events in order; waits for those that were offered before. */
  offer(events: readonly RecordedEvent[]): Promise<Outcome> {
    const outcome = this.#last.then(() => this.#take(events))
    this.#last = outcome.catch(() => {})
    return outcome
  }

  /** Resolves when what is offered already has been taken. */
  async settled(): Promise<void> {
    await this.#last
  }

  async #take(events: readonly RecordedEvent[]): Promise<Outcome> {
    const { onEvents, logger, signal } = this.#options
    const position = this.#position
    if (position === undefined || signal.aborted) return 'rewound'
    const fresh = freshAfter(position, events)
    if (!fresh) return 'hole'
    const last = fresh.at(-1)
    if (!last) return 'delivered'
    this.#busy = true
    try {
      await onEvents(fresh)
      this.#position = last.position
      this.#backoff.reset()
      return 'delivered'
    } catch (err) {
      logger.error({ err, after: String(position), upTo: String(last.position) }, 'the consumer refused events')
      await this.#backoff.pause(signal)
      await this.begin()
      return 'rewound'
    } finally {
      this.#busy = false
    }
  }
}

/** The events after a position; undefined when one is missing before or between them. */
export function freshAfter(position: bigint, events: readonly RecordedEvent[]): readonly RecordedEvent[] | undefined {
  const fresh: RecordedEvent[] = []
  let last = position
  for (const event of events) {
    if (event.position <= last) continue
    if (event.position !== last + 1n) return undefined
    fresh.push(event)
    last = event.position
  }
  return fresh
}
