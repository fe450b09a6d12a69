/** Character codes by name, for the loops that walk a path. */
export const char = {
  hash: 0x23,
  percent: 0x25,
  dot: 0x2e,
  slash: 0x2f,
  semicolon: 0x3b,
  question: 0x3f,
  backslash: 0x5c,
  delete: 0x7f,
} as const

const unreserved = table('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~')
// RFC 3986 section 3.3 pchar without `;`: upstreams that cut path parameters would see another path than the policy.
const plain = table("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,=:@")

function table(characters: string): Uint8Array {
  const flags = new Uint8Array(128)
  for (const character of characters) flags[character.charCodeAt(0)] = 1
  return flags
}

/** RFC 3986 section 2.3: encoded or not, these are the same character. */
export function isUnreserved(code: number): boolean {
  return unreserved[code] === 1
}

/** Whether the character may stand in a canonical segment as it is. */
export function isPlain(code: number): boolean {
  return plain[code] === 1
}

/** Value of a hexadecimal digit, -1 for everything else (NaN past the end of a string too). */
export function hexValue(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  const letter = code | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

/** The byte encoded by `text[at, at + 3)` as `%XX`, -1 when there is none. */
export function encodedByte(text: string, at: number): number {
  if (text.charCodeAt(at) !== char.percent) return -1
  const high = hexValue(text.charCodeAt(at + 1))
  const low = hexValue(text.charCodeAt(at + 2))
  return high < 0 || low < 0 ? -1 : high * 16 + low
}
