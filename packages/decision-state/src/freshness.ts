import { type EventSource, eventSources } from '@gatehouse/contracts/events'
import { type Positions, reaches } from '@gatehouse/contracts/positions'
import type { WholeMark } from '@gatehouse/read-model'
import { LogFreshness } from './log-freshness.ts'
import { PositionWaiters } from './position-waiters.ts'

export interface FreshnessOptions {
  /** The head of each log, asked of its service, within the deadline. */
  readonly heads: Readonly<Record<EventSource, (deadlineMs: number) => Promise<bigint>>>
  /** How far this process has followed each log; undefined as long as that is not known. */
  readonly positions: () => Positions | undefined
  /** Monotonic milliseconds. */
  readonly now: () => number
  /** A head could not be had, or lies before what was seen of this log: it is not the log that we follow. */
  readonly onFault: (source: EventSource, fault: unknown) => void
  /** Where the state was last known whole, whoever saw it; asked for while a log does not answer. */
  readonly wholeMark?: () => Promise<WholeMark | undefined>
  /** Called when this process has proven the state whole anew. */
  readonly onProven?: (mark: WholeMark) => void
}

/** How old the state may be that this process decides on: unknown again after what was reached got lost. */
export interface Freshness {
  /** Since the state was last known whole, by a probe of this process or by the mark; Infinity where it is not. */
  stalenessMs(): number
  /** The same by probes of this process alone. */
  provenStalenessMs(): number
  /** Whether these positions are followed within the time; at once when they are, or when too many wait already. */
  waitFor(demanded: Positions, timeoutMs: number): Promise<boolean>
  /** To be called whenever `positions` may have moved. */
  onFollowed(): void
  start(): void
  close(): void
}

const probeEveryMs = 500
const deadlineMs = 2_000

/**
 * The freshness probe: it needs no synchronised clocks and no heartbeat events. A head that was asked for at a moment
 * and is followed later proves the state as fresh as that moment.
 *
 * A process that starts while a log does not answer may go by the mark of one that knew the state whole. A log that
 * answers is never passed over: what it has is waited for.
 */
export function createFreshness(options: FreshnessOptions): Freshness {
  const { heads, positions, now, onFault, wholeMark, onProven } = options
  const logs = eventSources.map((source) => new LogFreshness(source))
  const waiters = new PositionWaiters(positions)
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
      if (head < before || head < log.highest) {
        log.contradict()
        onFault(log.source, new Error(`the log ends at ${head}, before what was seen of it`))
      } else log.demand(askedAt, head)
      onFollowed()
    } catch (error) {
      onFault(log.source, error)
      await assume(log)
    } finally {
      log.asking = false
    }
  }

  /** Without an answer of the log: the mark, where this process stands at or beyond it. */
  async function assume(log: LogFreshness): Promise<void> {
    if (!wholeMark || !log.mayAssume) return
    const askedAt = now()
    const mark = await wholeMark().catch(() => undefined)
    const followed = positions()
    if (!mark || !followed || !log.mayAssume || !reaches(followed, mark.positions)) return
    log.assume(askedAt - mark.ageMs, mark.positions[log.source] ?? 0n)
  }

  // Asked for by every request.
  const stalenessMs = () => {
    let freshAt = Number.POSITIVE_INFINITY
    for (const log of logs) freshAt = Math.min(freshAt, log.freshAt)
    return now() - freshAt
  }
  const provenStalenessMs = () => (logs.every(({ proven }) => proven) ? stalenessMs() : Number.POSITIVE_INFINITY)

  function onFollowed(): void {
    const followed = positions()
    if (!followed) return
    if (!known) round()
    known = true
    let moved = false
    for (const log of logs) moved = log.follow(followed[log.source] ?? 0n) || moved
    waiters.look()
    if (moved && onProven && Number.isFinite(provenStalenessMs()))
      onProven({
        positions: Object.fromEntries(logs.map(({ source, reached }) => [source, reached])),
        ageMs: provenStalenessMs(),
      })
  }

  return {
    stalenessMs,
    provenStalenessMs,
    waitFor: (demanded, timeoutMs) => waiters.waitFor(demanded, timeoutMs),
    onFollowed,
    start() {
      round()
      timer = setInterval(round, probeEveryMs)
    },
    close: () => clearInterval(timer),
  }
}
