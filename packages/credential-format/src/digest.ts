import { hash } from 'node:crypto'

/**
 * SHA-256 (32 bytes) of the whole key as presented. Keys are stored and compared as this digest only: fixed length,
 * and a reader of the store learns no key.
 */
export function digestApiKey(text: string): Uint8Array {
  return hash('sha256', text, 'buffer')
}
