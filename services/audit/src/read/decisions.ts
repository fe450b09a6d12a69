import type { DecisionFilter } from '@gatehouse/contracts/audit/v1/audit_service'
import type { DecisionRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import type pg from 'pg'
import { type Day, tableOf } from '../store/days.ts'
import { daysBetween, type FilledDay, groupsOf } from './days.ts'
import { DECISION_COLUMNS, type DecisionRow, toDecisionRecord } from './decision-row.ts'
import { decodePageToken, encodePageToken } from './page-token.ts'
import { type Where, whereFilter } from './where.ts'

const PAGE_SIZE_DEFAULT = 50
const PAGE_SIZE_MAX = 500
/** A gRPC message may have 4 MiB. */
const PAGE_BYTES_MAX = 3 << 20

export interface Page {
  readonly decisions: DecisionRecord[]
  /** Empty on the last page. */
  readonly nextPageToken: string
}

/** The newest first. A page ends early when its records are large. */
export async function listDecisions(
  pool: pg.Pool,
  filter: DecisionFilter | undefined,
  pageSize: number,
  pageToken: string,
): Promise<Page> {
  const size = pageSize > 0 ? Math.min(pageSize, PAGE_SIZE_MAX) : PAGE_SIZE_DEFAULT
  const where = whereFilter(filter)
  const after = decodePageToken(pageToken, filter)
  const end = after ? new Date(after.timeMs) : filter?.endTime
  if (after) where.and('(time, position) < (?, ?)', [end, String(after.position)])
  const rows = await newest(pool, await daysBetween(pool, filter?.startTime, end), where, size + 1)
  const page = rows.slice(0, Math.min(size, countWithin(rows)))
  const last = page.at(-1)
  const pageEnd = last && { timeMs: last.time.getTime(), position: BigInt(last.position) }
  const nextPageToken = pageEnd && rows.length > page.length ? encodePageToken(pageEnd, filter) : ''
  return { decisions: page.map(toDecisionRecord), nextPageToken }
}

/** Goes back over the days until no earlier one can have a newer record. */
async function newest(
  pool: pg.Pool,
  filled: readonly FilledDay[],
  where: Where,
  count: number,
): Promise<DecisionRow[]> {
  let rows: DecisionRow[] = []
  for (const group of groupsOf(filled)) {
    const last = rows[count - 1]
    if (last && last.time > group[0].maxTime) break
    const days = group.map(({ day }) => day)
    const found = await pool.query<DecisionRow>(newestStatement(days, where, count))
    rows = [...rows, ...found.rows].sort(newestFirst).slice(0, count)
  }
  return rows
}

/**
 * Of one day its own table is asked: the newest one may have no statistics yet, and then a condition on the day looks so
 * rare to Postgres that it reads and sorts all rows rather than follow the index from its end.
 */
export function newestStatement(days: readonly Day[], where: Where, count: number): pg.QueryConfig {
  const [day] = days
  const single = days.length === 1 && day !== undefined
  const table = single ? tableOf(day) : 'audit.decision'
  const { sql, values } = single ? where : where.with('day = ANY(?::date[])', [days])
  const text = `SELECT ${DECISION_COLUMNS} FROM ${table} ${sql} ORDER BY time DESC, position DESC LIMIT ${count}`
  return { text, values: [...values] }
}

function newestFirst(a: DecisionRow, b: DecisionRow): number {
  return b.time.getTime() - a.time.getTime() || Number(BigInt(b.position) - BigInt(a.position))
}

const decisionId = /^([A-Za-z0-9_-]{1,64})\.([0-9]{1,18})\.([0-9]{1,18})$/

/** Undefined when there is none, an id that cannot be one included. */
export async function findDecision(pool: pg.Pool, id: string): Promise<DecisionRecord | undefined> {
  const row = await findRow(pool, id)
  return row && toDecisionRecord(row)
}

/** The record with this id, and where in the ledger it stands. */
export async function findRow(pool: pg.Pool, id: string): Promise<DecisionRow | undefined> {
  const match = decisionId.exec(id)
  if (!match) return undefined
  for (const group of groupsOf(await daysBetween(pool, undefined, undefined))) {
    const { rows } = await pool.query<DecisionRow>(
      `SELECT ${DECISION_COLUMNS} FROM audit.decision
       WHERE node = $1 AND epoch = $2 AND sequence = $3 AND day = ANY($4::date[])`,
      [...match.slice(1), group.map(({ day }) => day)],
    )
    if (rows[0]) return rows[0]
  }
  return undefined
}

/** How many rows from the front fit into a page: at least one. */
function countWithin(rows: readonly DecisionRow[]): number {
  let bytes = 0
  const over = rows.findIndex(({ json }, i) => {
    bytes += json.length + 512
    return i > 0 && bytes > PAGE_BYTES_MAX
  })
  return over === -1 ? rows.length : over
}
