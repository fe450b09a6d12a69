import { createPrivateKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { openWith } from '../../services/token/src/keys/key-encryption.ts'

/** Where the key-encryption key stands, below the data folder. */
export const keyEncryptionKeyFile = join('keys', 'key-encryption-key')

/** The key that signs checkpoints of the ledger, below the data folder. */
export const ledgerKeyFile = join('keys', 'ledger-key.pem')

/** The key-encryption key and what it opens: the root of the derived keys, and of signing keys what only they know. */
export async function privateKeys(dataDir: string, postgresUrl: string): Promise<Readonly<Record<string, Buffer>>> {
  const key = Buffer.from(await readFile(join(dataDir, keyEncryptionKeyFile), 'utf8'), 'base64')
  const client = new pg.Client({ connectionString: postgresUrl })
  await client.connect()
  const { rows } = await client.query<{ key_id: string; sealed: Buffer }>('SELECT key_id, sealed FROM token.sealed_key')
  await client.end()
  const { d = '' } = createPrivateKey(await readFile(join(dataDir, ledgerKeyFile))).export({ format: 'jwk' })
  const found: Record<string, Buffer> = {
    'the key-encryption key': key,
    'the key of the ledger': Buffer.from(d, 'base64url'),
  }
  for (const { key_id: keyId, sealed } of rows) {
    const plain = Buffer.from(openWith(key, sealed, keyId))
    const parts = keyId === 'root' ? { root: plain } : privateParts(plain)
    for (const [name, part] of Object.entries(parts)) found[`${name} of the key ${keyId}`] = part
  }
  return found
}

/** RFC 7518 section 6: the members of a private JWK that its public one does not have. */
function privateParts(der: Buffer): Record<string, Buffer> {
  const jwk: Readonly<Record<string, unknown>> = {
    ...createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ format: 'jwk' }),
  }
  const names = ['d', 'p', 'q', 'dp', 'dq', 'qi'].filter((name) => name in jwk)
  return Object.fromEntries(names.map((name) => [name, Buffer.from(String(jwk[name]), 'base64url')]))
}
