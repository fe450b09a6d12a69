import type { Stored } from './read-model.ts'

const marks = { live: ':', deleted: '-', parked: '!' } as const

/**
 * One form in every adapter, and what the digest covers: decimal version, a mark, the value or the reason. Before the
 * mark of what expires stand `~` and the milliseconds of the epoch, in base 36.
 */
export function encodeStored(stored: Stored): Buffer {
  const head = `${stored.version}${expiry(stored)}${marks[stored.state]}`
  if (stored.state === 'deleted') return Buffer.from(head, 'latin1')
  if (stored.state === 'parked') return Buffer.from(head + stored.reason)
  return Buffer.concat([Buffer.from(head, 'latin1'), stored.value])
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
