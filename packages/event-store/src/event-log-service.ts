import { setImmediate as nextTurn } from 'node:timers/promises'
import type {
  GetHeadRequest,
  GetHeadResponse,
  ReadEventsRequest,
  ReadEventsResponse,
} from '@gatehouse/contracts/event_log/v1/event_log_service'
import { GatehouseError, invalidArgument } from '@gatehouse/errors'
import type { EventStore } from './event-store.ts'

type Log = Pick<EventStore<never>, 'head' | 'readEvents' | 'appendedAfter'>

/** The handlers of gatehouse.event_log.v1.EventLogService over a log: the pull path. */
export function eventLogService(log: Log) {
  return {
    /**
     * Batches of about 1 MiB at most, then live. The next one is read while the last is taken, and none after it, so a
     * slow reader costs two batches of memory.
     * @throws FAILED_PRECONDITION `POSITION_AHEAD_OF_LOG` when the reader has events that this log does not have: it was
     *   restored from a backup, and the reader has to start anew.
     */
    async *readEvents(
      { afterPosition, untilHead }: ReadEventsRequest,
      { signal }: { readonly signal: AbortSignal },
    ): AsyncGenerator<ReadEventsResponse, void, undefined> {
      if (afterPosition < 0n) throw invalidArgument([{ field: 'after_position', description: 'must not be negative' }])
      const head = await log.head()
      if (afterPosition > head) throw aheadOfLog(afterPosition, head)
      let position = afterPosition
      let ahead: Awaited<ReturnType<typeof readAhead>> | undefined
      while (!signal.aborted && !(untilHead && position >= head)) {
        const events = await (ahead?.reading ?? log.readEvents(position))
        ahead = undefined
        const last = events.at(-1)
        if (last) {
          position = last.position
          if (position < head) ahead = await readAhead(log, position)
          yield { events }
        } else if (!(await grown(log, position, signal))) return
      }
    },

    async getHead(_request: GetHeadRequest): Promise<GetHeadResponse> {
      return { position: await log.head() }
    },
  }
}

/** Resolves when the question is on its way: who folds a batch leaves the driver no turn before it is done. */
async function readAhead(log: Log, position: bigint): Promise<{ readonly reading: ReturnType<Log['readEvents']> }> {
  const reading = log.readEvents(position)
  // What nobody waits for yet may fail unheard: whoever asks for it is told.
  reading.catch(() => {})
  await nextTurn()
  return { reading }
}

/** False when the caller is gone. */
async function grown(log: Log, position: bigint, signal: AbortSignal): Promise<boolean> {
  try {
    await log.appendedAfter(position, signal)
    return true
  } catch (error) {
    if (signal.aborted) return false
    throw error
  }
}

function aheadOfLog(afterPosition: bigint, head: bigint): GatehouseError {
  return new GatehouseError('FAILED_PRECONDITION', {
    reason: 'POSITION_AHEAD_OF_LOG',
    message: `after_position ${afterPosition} is beyond the head ${head} of the log`,
    metadata: { head: String(head) },
  })
}
