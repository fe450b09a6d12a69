import { hash } from 'node:crypto'

export const HASH_BYTES = 32

const leafPrefix = Buffer.of(0)
const nodePrefix = Buffer.of(1)

/** RFC 9162 section 2.1.1. */
export function leafHash(record: Uint8Array): Buffer {
  return sha256(Buffer.concat([leafPrefix, record]))
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return sha256(Buffer.concat([nodePrefix, left, right]))
}

/** The root of the tree that has no leaf. */
export const emptyRoot = sha256(Buffer.alloc(0))

function sha256(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer')
}
