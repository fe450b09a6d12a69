import { randomBytes } from 'node:crypto'

const boot = randomBytes(8).toString('hex')
let count = 0

/** Unique: this process's random start and a count. */
export function newRequestId(): string {
  count += 1
  return `${boot}-${count.toString(36)}`
}

const pool = Buffer.alloc(2048)
let used = pool.length

/** Random bytes as hex, cut from a pool: one call to the generator for some hundred requests. */
function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomBytes(pool.length).copy(pool)
    used = 0
  }
  used += bytes
  return pool.toString('hex', used - bytes, used)
}

/** W3C Trace Context section 3.2.2: ids of zeros alone are invalid. */
const traceparent = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/

/** The W3C trace context for the upstream: a span of ours in the caller's trace, else in a new one. */
export function childTraceparent(incoming: string | undefined): string {
  const known = incoming === undefined ? null : traceparent.exec(incoming)
  return known ? `00-${known[1]}-${randomHex(8)}-${known[2]}` : `00-${randomHex(16)}-${randomHex(8)}-00`
}
