import { hash } from 'node:crypto'

/**
 * SHA-256 (32 bytes) of the whole secret as presented. Secrets are stored and compared as this digest only: fixed length,
 * and a reader of the store learns none.
 */
export function digestSecret(text: string): Uint8Array {
  return hash('sha256', text, 'buffer')
}
