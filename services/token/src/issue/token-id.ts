import { randomFillSync } from 'node:crypto'
import { encodeBase32 } from '@gatehouse/credential-format'

const idBytes = 16
const pool = Buffer.alloc(256 * idBytes)
let used = pool.length

/** A new `jti`: 128 random bits. They are cut from a pool: a call to the generator for each would cost 8 µs. */
export function newTokenId(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += idBytes
  return encodeBase32(pool.subarray(used - idBytes, used))
}
