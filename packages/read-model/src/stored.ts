import type { Stored } from './read-model.ts'

const marks = { live: ':', deleted: '-', parked: '!' } as const

/**
 * One form in every adapter, and what the digest covers: decimal version, a mark, the value or the reason. Before the
 * mark of what expires stand `~` and the milliseconds of the epoch, in base 36.
 */
export function encodeStored(stored: Stored): Buffer {
  if (stored.state !== 'live')
    return Buffer.from(headOfStored(stored) + (stored.state === 'parked' ? stored.reason : ''))
  return Buffer.concat([Buffer.from(headOfStored(stored), 'latin1'), stored.value])
}

let scratch = Buffer.allocUnsafe(4_096)

/** The same as latin1: one flat string, and nothing else to be collected. */
export function encodeStoredText(stored: Stored): string {
  if (stored.state !== 'live') return encodeStored(stored).toString('latin1')
  const head = headOfStored(stored)
  const length = head.length + stored.value.length
  if (length > scratch.length) scratch = Buffer.allocUnsafe(2 * length)
  scratch.write(head, 'latin1')
  scratch.set(stored.value, head.length)
  return scratch.toString('latin1', 0, length)
}

function headOfStored(stored: Stored): string {
  return `${stored.version}${expiry(stored)}${marks[stored.state]}`
}

function expiry(stored: Stored): string {
  return stored.state === 'live' && stored.expireMs !== undefined ? `~${stored.expireMs.toString(36)}` : ''
}

/** Bytes that we did not write are answered as parked, so that readers deny. */
export function decodeStored(bytes: Buffer): Stored {
  const [, version, expiry, mark] = headOf(bytes.toString('latin1', 0, headMax)) ?? []
  if (version === undefined || mark === undefined) return { state: 'parked', version: 0n, reason: 'malformed entry' }
  const start = version.length + (expiry === undefined ? 0 : expiry.length + 1) + 1
  const at = { version: BigInt(version) }
  if (mark === marks.deleted) return { state: 'deleted', ...at }
  if (mark === marks.parked) return { state: 'parked', ...at, reason: bytes.toString('utf8', start) }
  const expires = expiry === undefined ? {} : { expireMs: Number.parseInt(expiry, 36) }
  return { state: 'live', ...at, ...expires, value: bytes.subarray(start) }
}

/** Whether the entry of this form expires by a time, in ms of the epoch. */
export function expiresBy(stored: string | Buffer, timeMs: number): boolean {
  const head = typeof stored === 'string' ? stored.slice(0, headMax) : stored.toString('latin1', 0, headMax)
  const expiry = headOf(head)?.[2]
  return expiry !== undefined && Number.parseInt(expiry, 36) <= timeMs
}

// 19 digits of a version, the tilde, 9 of a time, the mark.
const headMax = 30

function headOf(text: string): RegExpExecArray | null {
  return /^(\d{1,19})(?:~([0-9a-z]{1,9}))?([:\-!])/.exec(text)
}
