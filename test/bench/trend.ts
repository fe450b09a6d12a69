/** A straight line through samples, by least squares. */
export interface Trend {
  /** The line's value at a time. */
  valueAt(at: number): number
}

export interface Sample {
  readonly at: number
  readonly value: number
}

/** @param samples at least two, at different times */
export function trendOf(samples: readonly Sample[]): Trend {
  const mean = (pick: (sample: Sample) => number) =>
    samples.reduce((sum, sample) => sum + pick(sample), 0) / samples.length
  const [middle, level] = [mean(({ at }) => at), mean(({ value }) => value)]
  const variance = mean(({ at }) => (at - middle) ** 2)
  const slope = mean(({ at, value }) => (at - middle) * (value - level)) / variance
  return { valueAt: (at) => level + slope * (at - middle) }
}

/**
 * One sample for each of `count` spans of time: what remains of a saw tooth, as memory is that is collected now and then.
 * @param pick which value stands for those of a span
 */
export function condensed(
  samples: readonly Sample[],
  count: number,
  pick: (values: readonly number[]) => number,
): Sample[] {
  const [from = 0, to = 0] = [samples[0]?.at, samples.at(-1)?.at]
  const spanOf = ({ at }: Sample) => Math.min(count - 1, Math.floor(((at - from) / (to - from)) * count))
  return [...Map.groupBy(samples, spanOf).values()].map((span) => ({
    at: span.reduce((sum, { at }) => sum + at, 0) / span.length,
    value: pick(span.map(({ value }) => value)),
  }))
}
