import { unavailable } from '@gatehouse/errors'
import { exportHeader, peaksOf } from '@gatehouse/transparency-log'
import type pg from 'pg'
import { daysOfPositions } from './days.ts'
import type { Tree } from './tree.ts'

/** Records of one answer: 256 KiB each at the most, 1.2 KB mostly; a gRPC message may have 4 MiB. */
const STEP = 500n
const BYTES_MAX = 2 << 20

/** The lines of an export: a header, then each record that the tree has and the ledger still holds. */
export async function* exportLines(pool: pg.Pool, tree: Tree, checkpoint: string): AsyncGenerator<Buffer[], void> {
  const { rows } = await pool.query<{ first: string | null }>('SELECT min(first_position) AS first FROM audit.day')
  const first = Math.min(Number(rows[0]?.first ?? 1), tree.size + 1)
  const peaks = await peaksOf(tree.readNode, first - 1)
  yield [Buffer.from(exportHeader(checkpoint, first, peaks))]
  for (let after = BigInt(first - 1); after < tree.size; after += STEP) {
    const upTo = after + STEP < tree.size ? after + STEP : BigInt(tree.size)
    yield* inPieces(await recordsBetween(pool, after, upTo))
  }
}

async function recordsBetween(pool: pg.Pool, after: bigint, upTo: bigint): Promise<Buffer[]> {
  const { rows } = await pool.query<{ json: Buffer }>(
    `SELECT json FROM audit.decision WHERE day = ANY($1::date[]) AND position > $2 AND position <= $3 ORDER BY position`,
    [await daysOfPositions(pool, after, upTo), String(after), String(upTo)],
  )
  if (BigInt(rows.length) < upTo - after)
    throw unavailable('LEDGER_DAY_DROPPED', 'records were dropped meanwhile: ask again')
  return rows.map(({ json }) => json)
}

function* inPieces(lines: readonly Buffer[]): Generator<Buffer[], void> {
  let piece: Buffer[] = []
  let bytes = 0
  for (const line of lines) {
    if (bytes + line.length > BYTES_MAX && piece.length > 0) {
      yield piece
      ;[piece, bytes] = [[], 0]
    }
    piece.push(line)
    bytes += line.length
  }
  if (piece.length > 0) yield piece
}
