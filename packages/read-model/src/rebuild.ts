import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import type { EventSource } from '@gatehouse/contracts/events'
import { type Positions, reaches } from '@gatehouse/contracts/positions'
import type { Parked, Projection } from './projections/projection.ts'
import { createProjector } from './projector.ts'
import { type Candidate, DigestOutrun, type ReadModel, ReadModelUnavailable } from './read-model.ts'

export interface RebuildOptions {
  readonly model: ReadModel
  readonly projections: readonly Projection[]
  /** Every event of a log after a position, up to its head at that time. */
  readonly readToHead: (source: EventSource, after: bigint) => AsyncIterable<readonly RecordedEvent[]>
  readonly onParked?: (parked: Parked) => void
}

export interface Rebuilt {
  /** Of the new generation, read just before it took over, without what expires by `aliveAtMs`. */
  readonly digest: string
  readonly aliveAtMs: number
  /**
   * Whether the replaced generation had the same digest at the same positions. False is right after a changed fold or
   * a parked event that can be applied now, and an alarm otherwise; undefined where it never stood at the same place, or
   * was written to without a pause.
   */
  readonly identical: boolean | undefined
}

const roundsMax = 5
const triesMax = 50
// What expires while one generation is read and then the other would be in one of them only.
const comparedMs = 10 * 60_000

/** Folds the logs anew beside the serving generation, which goes on taking events, and puts the new one in its place. */
export async function rebuild(options: RebuildOptions): Promise<Rebuilt> {
  const { model } = options
  const candidate = await model.begin()
  try {
    for (let round = 0; round < roundsMax; round += 1) {
      await feed(candidate, options)
      const aliveAtMs = Date.now() + comparedMs
      const [fresh, serving] = [await candidate.digest(aliveAtMs), await model.digest(aliveAtMs).catch(outrun)]
      const comparable = serving !== undefined && samePlace(fresh.positions, serving.positions)
      // Events came in between: read on. A serving generation that lost its data is not waited for, nor one that is
      // never at rest.
      if (serving && !comparable && round < 3) continue
      if (!(await takesOver(candidate, options))) continue
      return { digest: fresh.digest, aliveAtMs, identical: comparable ? fresh.digest === serving.digest : undefined }
    }
    throw new ReadModelUnavailable('the logs grow faster than the rebuild')
  } catch (error) {
    // The reason matters more; what is left of it goes away by itself.
    await candidate.discard().catch(() => {})
    throw error
  }
}

const samePlace = (one: Positions, other: Positions) => reaches(one, other) && reaches(other, one)

function outrun(error: unknown): undefined {
  if (!(error instanceof DigestOutrun)) throw error
}

/** What came while the digests were read is few, and taken at once: only so it catches up with logs that never rest. */
async function takesOver(candidate: Candidate, options: RebuildOptions): Promise<boolean> {
  for (let tries = 0; tries < triesMax; tries += 1) {
    if ((await candidate.promote()) !== 'behind') return true
    await feed(candidate, options)
  }
  return false
}

async function feed(candidate: Candidate, { projections, readToHead, onParked }: RebuildOptions): Promise<void> {
  for (const projection of projections) {
    const projector = createProjector({ model: candidate, projection, ...(onParked && { onParked }) })
    for await (const events of readToHead(projection.source, await projector.after())) await projector.onEvents(events)
  }
}
