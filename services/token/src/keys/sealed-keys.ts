import { hkdfSync, randomBytes } from 'node:crypto'
import { orStoreError } from '@gatehouse/event-store'
import type pg from 'pg'
import type { KeyEncryption } from './key-encryption.ts'

/** Private keys in the database, each sealed under the key-encryption key. */
export interface SealedKeys {
  /** Keeps a key; what is there already stays. */
  keep(keyId: string, plain: Uint8Array): Promise<void>
  /** @throws when the key is not there or does not open */
  open(keyId: string): Promise<Uint8Array>
  forget(keyId: string): Promise<void>
}

export function sealedKeys(pool: pg.Pool, encryption: KeyEncryption): SealedKeys {
  return {
    async keep(keyId, plain) {
      const sealed = await encryption.seal(plain, keyId)
      const text = 'INSERT INTO token.sealed_key (key_id, sealed) VALUES ($1, $2) ON CONFLICT DO NOTHING'
      await orStoreError(pool.query(text, [keyId, sealed]))
    },
    async open(keyId) {
      const text = 'SELECT sealed FROM token.sealed_key WHERE key_id = $1'
      const { rows } = await orStoreError(pool.query<{ sealed: Buffer }>(text, [keyId]))
      if (!rows[0]) throw new Error(`the private key ${keyId} is not there`)
      return encryption.open(rows[0].sealed, keyId)
    },
    async forget(keyId) {
      await orStoreError(pool.query('DELETE FROM token.sealed_key WHERE key_id = $1', [keyId]))
    },
  }
}

/** Keys for what is not stored, one for each purpose; the same in every instance on the same database. */
export type DerivedKeys = (purpose: 'handle' | 'interaction' | 'sign_in') => Uint8Array

const rootKeyId = 'root'

/** Makes the root of them at the first start. */
export async function derivedKeys(keys: SealedKeys): Promise<DerivedKeys> {
  await keys.keep(rootKeyId, randomBytes(32))
  const root = await keys.open(rootKeyId)
  return (purpose) => new Uint8Array(hkdfSync('sha256', root, '', `gatehouse ${purpose}`, 32))
}
