import { createHmac } from 'node:crypto'
import { orStoreError } from '@gatehouse/event-store'
import type pg from 'pg'

/** Hashes of passwords, outside the log: a password that was replaced is gone. */
export interface PasswordTable {
  /** Keeps a hash; it counts when an event of the user names it. */
  keep(passwordId: string, userId: string, hash: string): Promise<void>
  /** The same password, hashed with the parameters of today. */
  replace(passwordId: string, hash: string): Promise<void>
  /** Drops one that no event names. */
  drop(passwordId: string): Promise<void>
}

export function createPasswordTable(pool: pg.Pool): PasswordTable {
  const run = async (name: string, text: string, values: readonly string[]) => {
    await orStoreError(pool.query({ name, text, values: [...values] }))
  }
  return {
    keep: (passwordId, userId, hash) =>
      run('keep password', 'INSERT INTO token.password (password_id, user_id, hash) VALUES ($1, $2, $3)', [
        ...[passwordId, userId, hash],
      ]),
    replace: (passwordId, hash) =>
      run('replace password', 'UPDATE token.password SET hash = $2 WHERE password_id = $1', [passwordId, hash]),
    drop: (passwordId) => run('drop password', 'DELETE FROM token.password WHERE password_id = $1', [passwordId]),
  }
}

/**
 * What stands for a password where a request is told from another: the log keeps a SHA-256 of the request, which would
 * be a fast hash of the password.
 */
export function passwordFingerprint(key: Uint8Array, password: string): string {
  return password && createHmac('sha256', key).update(`password\n${password}`).digest('base64url')
}
