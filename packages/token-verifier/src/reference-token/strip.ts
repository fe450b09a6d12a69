import { decodeBase32, encodeBase32 } from '@gatehouse/credential-format'
import { decodeBase64url } from '../jws/base64url.ts'

/** Between two texts. Like every mark here a character that JSON never contains unescaped (RFC 8259 section 7). */
export const separator = '\0'

/** How one kind of random value is written, and how many bytes stand for it. */
interface Value {
  readonly bytes: number
  readonly read: (text: string) => Uint8Array | undefined
  readonly write: (bytes: Buffer) => string
}

const base32 = (bytes: number): Value => ({ bytes, read: decodeBase32, write: encodeBase32 })

/** Most times of a token lie within nine hours of its first one. */
const nearTimeBytes = 2

const kinds: ReadonlyMap<string, Value> = new Map([
  ['\x01', { bytes: 32, read: decodeBase64url, write: (bytes: Buffer) => bytes.toString('base64url') }],
  ['\x02', base32(16)],
  ['\x03', base32(10)],
  ['\x05', { bytes: 4, read: uint32, write: (bytes: Buffer) => String(bytes.readUInt32BE(0)) }],
])
// Digests; ids of tokens; other ids; times in Unix seconds.
const random = /([A-Za-z0-9_-]{43})|([a-z2-7]{26})|([a-z2-7]{16})|(?<![0-9.])([1-3]\d{9})(?![0-9.])/g
const time = '\x05'
const marks = ['\x01', '\x02', '\x03', time] as const

/** The value at this place in the order of first appearance, from `\x10`. */
const again = '\x04'
/** A time, as its distance from the first one. */
const nearTime = '\x06'
const firstPlace = 0x10
const placesMax = 16
// biome-ignore lint/suspicious/noControlCharactersInRegex: the marks are control characters so that no JSON has them.
const marked = /[\x00-\x06\x10-\x1f]/
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const anyMark = /\x04[\x10-\x1f]|[\x01-\x03\x05\x06]/g

export interface Stripped {
  /** With a mark in the place of each value. */
  readonly text: string
  readonly values: readonly Uint8Array[]
}

/** Takes what is random out of JSON texts: base64url and base32 cost a third more than their bytes. */
export function strip(texts: readonly string[]): Stripped | undefined {
  if (texts.some((text) => marked.test(text))) return undefined
  const values: Uint8Array[] = []
  const places = new Map<string, number>()
  let firstTime: number | undefined
  const text = texts.join(separator).replace(random, (found: string, ...groups: (string | undefined)[]) => {
    const place = places.get(found)
    if (place !== undefined) return again + String.fromCharCode(firstPlace + place)
    const mark = marks[groups.slice(0, marks.length).findIndex((group) => group !== undefined)] ?? ''
    const kind = kinds.get(mark)
    const bytes = kind?.read(found)
    if (bytes?.length !== kind?.bytes || !bytes) return found
    if (places.size < placesMax) places.set(found, places.size)
    const near = mark === time && firstTime !== undefined ? nearBytes(Number(found) - firstTime) : undefined
    if (mark === time) firstTime ??= Number(found)
    values.push(near ?? bytes)
    return near ? nearTime : mark
  })
  return { text, values }
}

/** The texts again; undefined when there are fewer bytes than marks. */
export function unstrip(text: string, bytes: Buffer): { text: string; bytesRead: number } | undefined {
  let bytesRead = 0
  const known: string[] = []
  let firstTime: number | undefined
  const written = text.replace(anyMark, (mark) => {
    if (mark.startsWith(again)) return known[mark.charCodeAt(1) - firstPlace] ?? mark
    const kind = kinds.get(mark)
    const length = kind?.bytes ?? nearTimeBytes
    const value = bytes.subarray(bytesRead, bytesRead + length)
    bytesRead += length
    if (value.length < length) return mark
    const found = kind ? kind.write(value) : String((firstTime ?? 0) + value.readInt16BE(0))
    if (mark === time) firstTime ??= Number(found)
    if (known.length < placesMax) known.push(found)
    return found
  })
  return bytesRead > bytes.length || written.split(separator).some((part) => marked.test(part))
    ? undefined
    : { text: written, bytesRead }
}

function nearBytes(distance: number): Uint8Array | undefined {
  if (Math.abs(distance) > 0x7fff) return undefined
  const bytes = Buffer.alloc(nearTimeBytes)
  bytes.writeInt16BE(distance)
  return bytes
}

function uint32(text: string): Uint8Array | undefined {
  const value = Number(text)
  const bytes = Buffer.alloc(4)
  if (value > 0xffffffff) return undefined
  bytes.writeUInt32BE(value)
  return bytes
}
