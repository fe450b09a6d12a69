import { EventEmitter, on } from 'node:events'
import type { DecisionFilter } from '@gatehouse/contracts/audit/v1/audit_service'
import type { DecisionRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import type pg from 'pg'
import { daysOfPositions } from './days.ts'
import { DECISION_COLUMNS, type DecisionRow, toDecisionRecord } from './decision-row.ts'
import { whereFilter } from './where.ts'

/** Positions looked through at once, so that a filter that takes little does not read for long. */
const STEP = 500n
/** Records of other instances of this service are found by looking. */
const POLL_MS = 500

export interface Tail {
  /** Says that this process stored records. */
  appended(): void
  /** Records that are stored from now on, in the order of the ledger, until the signal. */
  follow(filter: DecisionFilter | undefined, signal: AbortSignal): AsyncGenerator<DecisionRecord, void>
  close(): void
}

export function openTail(pool: pg.Pool): Tail {
  const appends = new EventEmitter().setMaxListeners(0)
  const timer = setInterval(() => appends.emit('appended'), POLL_MS).unref()

  async function* follow(filter: DecisionFilter | undefined, signal: AbortSignal) {
    const woken = on(appends, 'appended', { signal, highWaterMark: 2, lowWaterMark: 1 })
    let after = await head(pool)
    try {
      while (!signal.aborted) {
        const last = await head(pool)
        while (after < last && !signal.aborted) {
          const upTo = after + STEP < last ? after + STEP : last
          yield* await between(pool, filter, after, upTo)
          after = upTo
        }
        await woken.next()
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  return { appended: () => appends.emit('appended'), follow, close: () => clearInterval(timer) }
}

async function head(pool: pg.Pool): Promise<bigint> {
  const { rows } = await pool.query<{ position: string }>('SELECT position FROM audit.ledger_head')
  return BigInt(rows[0]?.position ?? 0)
}

async function between(pool: pg.Pool, filter: DecisionFilter | undefined, after: bigint, upTo: bigint) {
  const days = await daysOfPositions(pool, after, upTo)
  const where = whereFilter(filter)
    .and('day = ANY(?::date[])', [days])
    .and('position > ? AND position <= ?', [String(after), String(upTo)])
  const { rows } = await pool.query<DecisionRow>(
    `SELECT ${DECISION_COLUMNS} FROM audit.decision ${where.sql} ORDER BY position`,
    where.values,
  )
  return rows.map(toDecisionRecord)
}
