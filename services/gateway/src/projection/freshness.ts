import { type EventSource, eventSources } from '@gatehouse/contracts/events'
import { type Positions, reaches } from '@gatehouse/contracts/positions'

export interface FreshnessOptions {
  /** The head of each log, asked of its service, within the deadline. */
  readonly heads: Readonly<Record<EventSource, (deadlineMs: number) => Promise<bigint>>>
  /** How far this process has followed each log; undefined as long as that is not known. */
  readonly positions: () => Positions | undefined
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** A head could not be had, or lies before what was seen of this log: it is not the log that we follow. */
  readonly onFault: (source: EventSource, fault: unknown) => void
}

/** How old the state may be that this process decides on. */
export interface Freshness {
  /** Infinity until every log was reached once, and again after what was reached got lost. */
  stalenessMs(): number
  /** Whether these positions are followed within the time; at once when they are, or when too many wait already. */
  waitFor(demanded: Positions, timeoutMs: number): Promise<boolean>
  /** To be called whenever `positions` may have moved. */
  onFollowed(): void
  start(): void
  close(): void
}

const probeEveryMs = 500
const deadlineMs = 2_000
const waitersMax = 1_000

/**
 * The freshness probe: it needs no synchronised clocks and no heartbeat events. A head that was asked for at a moment
 * and is followed later proves the state as fresh as that moment.
 */
export function createFreshness({ heads, positions, now, onFault }: FreshnessOptions): Freshness {
  const logs = eventSources.map((source) => new LogFreshness(source))
  const waiters = new Set<() => void>()
  let timer: NodeJS.Timeout | undefined
  let known = false

  const round = () => {
    for (const log of logs) void probe(log)
  }

  async function probe(log: LogFreshness): Promise<void> {
    const before = positions()?.[log.source]
    // Without it nobody could tell a log that was wiped from one that is behind us no more.
    if (log.asking || before === undefined) return
    log.asking = true
    const askedAt = now()
    try {
      const head = await heads[log.source](deadlineMs)
      if (head < before || head < log.highest)
        onFault(log.source, new Error(`the log ends at ${head}, before what was seen of it`))
      else log.demand(askedAt, head)
      onFollowed()
    } catch (error) {
      onFault(log.source, error)
    } finally {
      log.asking = false
    }
  }

  function onFollowed(): void {
    const followed = positions()
    if (!followed) return
    if (!known) round()
    known = true
    for (const log of logs) log.follow(followed[log.source] ?? 0n)
    for (const look of waiters) look()
  }

  function waitFor(demanded: Positions, timeoutMs: number): Promise<boolean> {
    const isThere = () => reaches(positions() ?? {}, demanded)
    if (isThere()) return Promise.resolve(true)
    if (waiters.size >= waitersMax) return Promise.resolve(false)
    return new Promise((resolve) => {
      const end = (reached: boolean) => {
        clearTimeout(timeout)
        waiters.delete(look)
        resolve(reached)
      }
      const look = () => isThere() && end(true)
      const timeout = setTimeout(end, timeoutMs, false)
      waiters.add(look)
    })
  }

  return {
    stalenessMs: () => now() - Math.min(...logs.map(({ freshAt }) => freshAt)),
    waitFor,
    onFollowed,
    start() {
      round()
      timer = setInterval(round, probeEveryMs)
    },
    close: () => clearInterval(timer),
  }
}

/** Five minutes of probes: behind further than that, the oldest are enough. */
const demandsMax = 600

class LogFreshness {
  readonly source: EventSource
  freshAt = Number.NEGATIVE_INFINITY
  asking = false
  /** The highest head that the log ever answered. */
  highest = 0n
  #reached = 0n
  // All of them: under a steady lag each newer head is out of reach when it is asked for, older ones are not.
  readonly #demands: { readonly askedAt: number; readonly head: bigint }[] = []

  constructor(source: EventSource) {
    this.source = source
  }

  demand(askedAt: number, head: bigint): void {
    this.highest = head
    if (this.#demands.length < demandsMax) this.#demands.push({ askedAt, head })
  }

  follow(position: bigint): void {
    if (position < this.#reached) {
      this.freshAt = Number.NEGATIVE_INFINITY
      this.#reached = 0n
    }
    for (let [next] = this.#demands; next && position >= next.head; [next] = this.#demands) {
      this.freshAt = next.askedAt
      this.#reached = next.head
      this.#demands.shift()
    }
  }
}
