import type { EventLog } from '@gatehouse/bus'
import type { EventSource } from '@gatehouse/contracts/events'
import {
  credentialProjection,
  type Parked,
  policyProjection,
  type ReadModel,
  type Rebuilt,
  rebuild,
  tokenProjection,
} from '@gatehouse/read-model'

export interface RebuildFromLogsOptions {
  readonly model: ReadModel
  readonly logs: Readonly<Record<EventSource, EventLog>>
  readonly onParked?: (parked: Parked) => void
  /** Ends it early: the serving generation stays. */
  readonly signal?: AbortSignal
}

/** Folds the logs of the services anew while the model serves: after a changed fold, or to prove it (`identical`). */
export function rebuildFromLogs({ model, logs, onParked, signal }: RebuildFromLogsOptions): Promise<Rebuilt> {
  const aborting = signal ?? new AbortController().signal
  return rebuild({
    model,
    projections: [credentialProjection, policyProjection, tokenProjection],
    async *readToHead(source, after) {
      const request = { afterPosition: after, untilHead: true }
      for await (const { events } of logs[source].readEvents(request, { signal: aborting })) yield events
      aborting.throwIfAborted()
    },
    ...(onParked && { onParked }),
  })
}
