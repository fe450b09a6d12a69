import type { TokenEvent } from '@gatehouse/contracts/events'
import { SigningKey } from '@gatehouse/contracts/token/v1/signing_key'
import { fold, orStoreError, type Queryable, type StreamChange } from '@gatehouse/event-store'
import type pg from 'pg'
import { streams } from '../store/streams.ts'

export async function writeSigningKeys(tx: Queryable, changes: readonly StreamChange<TokenEvent>[]): Promise<void> {
  const rings = changes.filter(({ stream }) => stream.startsWith('key_ring-'))
  const keys = rings.flatMap(({ events, version }) =>
    fold(streams.keyRing('').fold, events).keys.map((key) => ({ ...key, version })),
  )
  if (keys.length === 0) return
  await tx.query({
    name: 'write signing keys',
    text: `
      INSERT INTO token.signing_key (key_id, environment_id, message)
      SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[])
      ON CONFLICT (key_id) DO UPDATE SET message = excluded.message`,
    values: [
      keys.map(({ keyId }) => keyId),
      keys.map(({ environmentId }) => environmentId),
      keys.map((key) => SigningKey.encode(key).finish()),
    ],
  })
}

/** The keys of an environment, oldest first; always at the head of the log. */
export async function readSigningKeys(pool: pg.Pool, environmentId: string): Promise<readonly SigningKey[]> {
  const { rows } = await orStoreError(
    pool.query<{ message: Buffer }>({
      name: 'read signing keys',
      text: 'SELECT message FROM token.signing_key WHERE environment_id = $1',
      values: [environmentId],
    }),
  )
  const keys = rows.map(({ message }) => SigningKey.decode(message))
  return keys.sort((a, b) => (a.publishTime?.getTime() ?? 0) - (b.publishTime?.getTime() ?? 0))
}

/** The environment of a key; undefined when there is no such key. */
export async function environmentOfKey(pool: pg.Pool, keyId: string): Promise<string | undefined> {
  const { rows } = await orStoreError(
    pool.query<{ environment_id: string }>('SELECT environment_id FROM token.signing_key WHERE key_id = $1', [keyId]),
  )
  return rows[0]?.environment_id
}
