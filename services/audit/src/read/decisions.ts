import type { DecisionFilter } from '@gatehouse/contracts/audit/v1/audit_service'
import type { DecisionRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import type pg from 'pg'
import { DECISION_COLUMNS, type DecisionRow, toDecisionRecord } from './decision-row.ts'
import { decodePageToken, encodePageToken } from './page-token.ts'
import { whereFilter } from './where.ts'

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
  if (after) where.and('(time, position) < (?, ?)', [new Date(after.timeMs), String(after.position)])
  const { rows } = await pool.query<DecisionRow>(
    `SELECT ${DECISION_COLUMNS} FROM audit.decision ${where.sql} ORDER BY time DESC, position DESC LIMIT ${size + 1}`,
    where.values,
  )
  const page = rows.slice(0, Math.min(size, countWithin(rows)))
  const last = page.at(-1)
  const end = last && { timeMs: last.time.getTime(), position: BigInt(last.position) }
  const nextPageToken = end && rows.length > page.length ? encodePageToken(end, filter) : ''
  return { decisions: page.map(toDecisionRecord), nextPageToken }
}

const decisionId = /^([A-Za-z0-9_-]{1,64})\.([0-9]{1,18})\.([0-9]{1,18})$/

/** Undefined when there is none, an id that cannot be one included. */
export async function findDecision(pool: pg.Pool, id: string): Promise<DecisionRecord | undefined> {
  const match = decisionId.exec(id)
  if (!match) return undefined
  const { rows } = await pool.query<DecisionRow>(
    `SELECT ${DECISION_COLUMNS} FROM audit.decision WHERE node = $1 AND epoch = $2 AND sequence = $3`,
    match.slice(1),
  )
  return rows[0] && toDecisionRecord(rows[0])
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
