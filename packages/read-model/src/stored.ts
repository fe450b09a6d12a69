import type { Stored } from './read-model.ts'

const marks = { live: ':', deleted: '-', parked: '!' } as const

/** One form in every adapter, and what the digest covers: decimal version, a mark, the value or the reason. */
export function encodeStored(stored: Stored): Buffer {
  const head = `${stored.version}${marks[stored.state]}`
  if (stored.state === 'deleted') return Buffer.from(head, 'latin1')
  if (stored.state === 'parked') return Buffer.from(head + stored.reason)
  return Buffer.concat([Buffer.from(head, 'latin1'), stored.value])
}

/** Bytes that we did not write are answered as parked, so that readers deny. */
export function decodeStored(bytes: Buffer): Stored {
  let end = 0
  while (isDigit(bytes[end])) end += 1
  const version = end === 0 ? 0n : BigInt(bytes.toString('latin1', 0, end))
  switch (bytes[end]) {
    case 0x3a:
      return { state: 'live', version, value: bytes.subarray(end + 1) }
    case 0x2d:
      return { state: 'deleted', version }
    case 0x21:
      return { state: 'parked', version, reason: bytes.toString('utf8', end + 1) }
    default:
      return { state: 'parked', version, reason: 'malformed entry' }
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}
