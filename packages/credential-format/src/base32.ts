/** RFC 4648 section 6 in lower case: no `_`, no digit that looks like a letter. */
export const base32Alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

const values = new Int8Array(128).fill(-1)
for (let value = 0; value < base32Alphabet.length; value++) values[base32Alphabet.charCodeAt(value)] = value

/** Writes bytes in lower-case base32 without padding: 5 bytes become 8 characters, unused last bits are 0. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let pending = 0
  for (const byte of bytes) {
    pending = ((pending << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += base32Alphabet.charAt((pending >> bits) & 31)
    }
  }
  return bits > 0 ? text + base32Alphabet.charAt((pending << (5 - bits)) & 31) : text
}

/**
 * Whether `text[from, to)` is base32 whose last character leaves its `unusedBits` at 0: bytes have one spelling only,
 * so that no second spelling of a credential slips past what is keyed by the first.
 */
export function isBase32(text: string, from: number, to: number, unusedBits: number): boolean {
  let value = 0
  for (let at = from; at < to; at++) {
    value = values[text.charCodeAt(at)] ?? -1
    if (value < 0) return false
  }
  return (value & ((1 << unusedBits) - 1)) === 0
}

/** Reads what encodeBase32 writes; undefined for any other text, so that bytes have one spelling only. */
export function decodeBase32(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8))
  if (!isBase32(text, 0, text.length, (text.length * 5) % 8)) return undefined
  let bits = 0
  let pending = 0
  let at = 0
  for (let index = 0; index < text.length; index++) {
    pending = ((pending << 5) | (values[text.charCodeAt(index)] ?? 0)) & 0xfff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes[at++] = (pending >> bits) & 0xff
    }
  }
  // Five bits more than a byte needs: no encoder writes that.
  return bits < 5 ? bytes : undefined
}
