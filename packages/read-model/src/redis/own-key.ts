import { type Noun, splitKey } from '../keys.ts'

// A key stands in memory for every live reference token, so it is short: a digit for the noun, even before plain text,
// odd where the 43 characters of a SHA-256 at the end are its 32 bytes. No other key of a generation begins with one.
const digits: { readonly [Name in Noun]?: number } = { reference_token: 0, revoked_token: 2, revoked_grant: 4 }

const hashChars = 43
const hashBytes = 32

/** The Redis key of an entry that expires; `beginning` is that of all keys of its generation. */
export function ownKey(beginning: string, key: string): Buffer {
  const { noun, id } = splitKey(key)
  const tail = id.slice(-hashChars)
  const hash = Buffer.from(tail, 'base64url')
  const isHash = hash.length === hashBytes && hash.toString('base64url') === tail
  const digit = (digits[noun] ?? 0) + (isHash ? 1 : 0)
  const text = isHash ? id.slice(0, -hashChars) : id
  return Buffer.concat([Buffer.from(`${beginning}${digit}${text}`, 'latin1'), ...(isHash ? [hash] : [])])
}

/** What SCAN matches the keys of a noun with. */
export function ownPattern(beginning: string, noun: Noun): string {
  const digit = digits[noun] ?? 0
  return `${beginning.replace(/[\\*?[\]]/g, '\\$&')}[${digit}${digit + 1}]*`
}

/** The id of the entry that has this Redis key. */
export function idOfOwnKey(beginning: string, own: Buffer): string {
  const isHash = (own[beginning.length] ?? 0) % 2 === 1
  const end = isHash ? own.length - hashBytes : own.length
  const text = own.toString('latin1', beginning.length + 1, end)
  return isHash ? text + own.toString('base64url', end) : text
}
