import type { ReadModel, WholeMark } from '@gatehouse/read-model'
import type { FreshnessOptions } from './freshness.ts'

export interface WholeMarksOptions {
  readonly model: Pick<ReadModel, 'markWhole' | 'wholeMark'>
  /** Monotonic milliseconds. */
  readonly now: () => number
}

/** How much older than it is the state may seem to a process that goes by the mark. */
const everyMs = 2_000

/**
 * Keeps with the model where it was last proven whole, so that a process which starts while the logs do not answer
 * need not refuse everything. Lost data takes its mark with it, and a fold that is not there again does not get it back.
 */
export function createWholeMarks({
  model,
  now,
}: WholeMarksOptions): Required<Pick<FreshnessOptions, 'wholeMark' | 'onProven'>> {
  let keptAt = Number.NEGATIVE_INFINITY
  return {
    wholeMark: () => model.wholeMark(),
    onProven(mark: WholeMark) {
      if (now() - keptAt < everyMs) return
      keptAt = now()
      // A store that is away is told of elsewhere; the next proof comes soon.
      model.markWhole(mark).catch(() => {})
    },
  }
}
