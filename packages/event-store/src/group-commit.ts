import { GatehouseError, unavailable } from '@gatehouse/errors'

interface Rejectable {
  readonly reject: (error: unknown) => void
}

export interface GroupCommitOptions<Item> {
  /** Settles every item of the batch and never rejects. */
  readonly run: (batch: readonly Item[]) => Promise<void>
  readonly batchMax: number
  /** What an item counts for in `batchMax`; 1 when absent. One that is larger makes up a batch alone. */
  readonly sizeOf?: (item: Item) => number
  readonly waitingMax: number
}

/**
 * One batch at a time; what comes meanwhile waits and makes up the next batch. So there is no time window: a lone
 * command starts at once, and under load one fsync serves all that waited.
 */
export function createGroupCommit<Item extends Rejectable>(options: GroupCommitOptions<Item>) {
  const { run, batchMax, waitingMax, sizeOf = () => 1 } = options
  let waiting: Item[] = []
  let running: Promise<void> | undefined
  let closed = false

  async function drain(): Promise<void> {
    // Commands that arrive in the same turn of the event loop belong into the same transaction.
    await Promise.resolve()
    while (waiting.length > 0) {
      const count = countWithin(waiting, batchMax, sizeOf)
      const batch = waiting.slice(0, count)
      waiting = waiting.slice(count)
      await run(batch)
    }
    running = undefined
  }

  return {
    submit(item: Item): void {
      if (closed) item.reject(unavailable('SHUTTING_DOWN', 'the service is shutting down'))
      else if (waiting.length >= waitingMax) item.reject(tooMany(waitingMax))
      else {
        waiting.push(item)
        running ??= drain()
      }
    },
    /** Refuses new items and resolves when those that wait are settled. */
    async close(): Promise<void> {
      closed = true
      await running
    },
  }
}

/** How many items from the front fit: at least one. */
function countWithin<Item>(items: readonly Item[], sizeMax: number, sizeOf: (item: Item) => number): number {
  let size = 0
  const over = items.findIndex((item, i) => {
    size += sizeOf(item)
    return i > 0 && size > sizeMax
  })
  return over === -1 ? items.length : over
}

function tooMany(waitingMax: number): GatehouseError {
  const message = `${waitingMax} commands wait already: retry later with the same request_id`
  return new GatehouseError('RESOURCE_EXHAUSTED', { reason: 'TOO_MANY_COMMANDS', message, retryAfterMs: 1_000 })
}
