/** A straight line through samples, by least squares. */
export interface Trend {
  /** In the values' unit for each unit of time. */
  readonly slope: number
  /** The line's value at the middle of the time. */
  readonly level: number
}

export interface Sample {
  readonly at: number
  readonly value: number
}

/** @param samples at least two, at different times */
export function trendOf(samples: readonly Sample[]): Trend {
  const mean = (pick: (sample: Sample) => number) =>
    samples.reduce((sum, sample) => sum + pick(sample), 0) / samples.length
  const [at, level] = [mean((sample) => sample.at), mean((sample) => sample.value)]
  const variance = mean((sample) => (sample.at - at) ** 2)
  const slope = mean((sample) => (sample.at - at) * (sample.value - level)) / variance
  return { slope, level }
}
