/** One figure against its goal. `ratio` is value over peer's value in the same run; `ok` says whether the goal is met. */
export interface Measure {
  readonly bench: string
  readonly metric: string
  readonly value: number
  readonly unit: string
  /** What it is measured against; empty where the goal is absolute. */
  readonly peer: string
  readonly ratio: number | null
  readonly goal: string
  readonly ok: boolean
}

/** A benchmark: `npm run bench NAME` runs the file of that name. */
export interface Bench {
  readonly name: string
  run(options: BenchOptions): Promise<readonly Measure[]>
}

/** What the command line may say; each benchmark has its own defaults. */
export interface BenchOptions {
  readonly rounds?: number | undefined
  /** How long a benchmark runs that looks for what grows. */
  readonly minutes?: number | undefined
  /** File that its plot is written to. */
  readonly plot?: string | undefined
  /** How many credentials there are, a multiple of ten. */
  readonly keys?: number | undefined
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

/** @param p 0 to 1 */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * p) - 1)] ?? Number.NaN
}

/**
 * Measures subjects in alternating rounds, so that a machine that slows down slows all of them.
 * @returns the median of each subject's rounds
 */
export async function alternate<Name extends string>(
  rounds: number,
  subjects: Readonly<Record<Name, () => Promise<number>>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(subjects) as Name[]
  const values = new Map<Name, number[]>(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) for (const name of names) values.get(name)?.push(await subjects[name]())
  return Object.fromEntries(names.map((name) => [name, median(values.get(name) ?? [])])) as Record<Name, number>
}

/** A measure whose goal is to reach at least `factor` times the peer. */
export function atLeast(
  bench: string,
  metric: string,
  unit: string,
  value: number,
  peer: { name: string; value: number },
  factor: number,
): Measure {
  const ratio = Number((value / peer.value).toFixed(3))
  return {
    bench,
    metric,
    value: Number(value.toPrecision(5)),
    unit,
    peer: peer.name,
    ratio,
    goal: `>= ${factor} x`,
    ok: ratio >= factor,
  }
}

/** A measure against a peer that cannot be had on this machine: its goal is not met as long as nobody has compared. */
export function withoutPeer(
  ...[bench, metric, unit, value, peer, factor]: [string, string, string, number, string, number]
): Measure {
  const facts = { bench, metric, unit, value: Number(value.toPrecision(5)), ratio: null, goal: `>= ${factor} x` }
  return { ...facts, peer: `${peer} (missing)`, ok: false }
}

/** A measure whose goal is an upper bound in its own unit. */
export function below(bench: string, metric: string, unit: string, value: number, bound: number): Measure {
  return {
    bench,
    metric,
    value: Number(value.toPrecision(4)),
    unit,
    peer: '',
    ratio: null,
    goal: `< ${bound} ${unit}`,
    ok: value < bound,
  }
}
