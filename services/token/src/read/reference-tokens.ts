import type { TokenEvent } from '@gatehouse/contracts/events'
import { ReferenceToken } from '@gatehouse/contracts/token/v1/reference_token'
import { orStoreError, type Queryable, type StreamChange } from '@gatehouse/event-store'
import type pg from 'pg'

export async function writeReferenceTokens(tx: Queryable, changes: readonly StreamChange<TokenEvent>[]): Promise<void> {
  const tokens = changes
    .filter(({ stream }) => stream.startsWith('reference_token-'))
    .flatMap(({ events }) => events)
    .flatMap(({ type, data }) => (type === 'gatehouse.token.v1.ReferenceTokenIssued' ? [data.referenceToken] : []))
    .filter((token) => token !== undefined)
  if (tokens.length === 0) return
  await tx.query({
    name: 'write reference tokens',
    text: `
      INSERT INTO token.reference_token (token_id, environment_id, message, expire_time)
      SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::timestamptz[])`,
    values: [
      tokens.map(({ tokenId }) => tokenId),
      tokens.map(({ environmentId }) => environmentId),
      tokens.map((token) => ReferenceToken.encode(token).finish()),
      tokens.map(({ expireTime }) => expireTime),
    ],
  })
}

/** A reference token that lives; undefined when there is none. */
export async function readReferenceToken(
  pool: pg.Pool,
  environmentId: string,
  tokenId: string,
): Promise<ReferenceToken | undefined> {
  const { rows } = await orStoreError(
    pool.query<{ message: Buffer }>({
      name: 'read reference token',
      text: `
        SELECT message FROM token.reference_token
        WHERE token_id = $1 AND environment_id = $2 AND expire_time > now()`,
      values: [tokenId, environmentId],
    }),
  )
  return rows[0] && ReferenceToken.decode(rows[0].message)
}

const dayMs = 86_400_000

/** Makes the partitions of the next days and drops those of which every token is dead. */
export async function maintainPartitions(pool: pg.Pool, now: Date): Promise<void> {
  const today = Math.floor(now.getTime() / dayMs)
  for (const day of [today, today + 1, today + 2]) {
    await pool.query(
      `CREATE TABLE IF NOT EXISTS token.${partitionName(day)} PARTITION OF token.reference_token
      FOR VALUES FROM ('${isoDay(day)}') TO ('${isoDay(day + 1)}')`,
    )
  }
  const { rows } = await pool.query<{ name: string }>(`
    SELECT child.relname AS name FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
    WHERE inhparent = 'token.reference_token'::regclass`)
  // A day longer than the last token lives, for clocks that differ.
  const dead = rows.filter(({ name }) => name < partitionName(today - 1))
  for (const { name } of dead) await pool.query(`DROP TABLE IF EXISTS token.${name}`)
}

function partitionName(day: number): string {
  return `reference_token_${isoDay(day).replaceAll('-', '')}`
}

function isoDay(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10)
}
