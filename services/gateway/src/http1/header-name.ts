/** Each latin1 byte as names compare: lower case, `_` as `-`. */
const FOLD = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 0x41 && byte <= 0x5a) return byte + 0x20
  return byte === 0x5f ? 0x2d : byte
})

/** FNV-1a over the folded name: equal for `X-User-Id`, `x_user_id`. */
export function foldedHash(text: string, start: number, end: number): number {
  let hash = 0x811c9dc5
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (FOLD[text.charCodeAt(at) & 0xff] ?? 0), 0x01000193)
  return hash
}

/** Whether `text[start, end)` is `name` (which is given folded) in some spelling. */
export function sameFolded(text: string, start: number, end: number, name: string): boolean {
  return end - start === name.length && foldedStart(text, start, end, name)
}

/** Whether `text[start, end)` begins with `prefix` (which is given folded) in some spelling. */
export function foldedStart(text: string, start: number, end: number, prefix: string): boolean {
  if (end - start < prefix.length) return false
  for (let at = 0; at < prefix.length; at++) {
    if (FOLD[text.charCodeAt(start + at) & 0xff] !== prefix.charCodeAt(at)) return false
  }
  return true
}

/** Whether `text[start, end)` is `name` (lower case) but for letter case; `_` is not `-` here. */
export function sameName(text: string, start: number, end: number, name: string): boolean {
  if (end - start !== name.length) return false
  for (let at = 0; at < name.length; at++) {
    const code = text.charCodeAt(start + at)
    const lower = code >= 0x41 && code <= 0x5a ? code + 0x20 : code
    if (lower !== name.charCodeAt(at)) return false
  }
  return true
}
