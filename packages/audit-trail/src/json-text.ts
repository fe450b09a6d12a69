// Outside printable ASCII, or one of the two that JSON escapes inside it.
const unsafe = /[^\x20\x21\x23-\x5b\x5d-\x7e]/
const notAscii = /[^\x20-\x7e]/g

/**
 * A JSON string, quotes included, in printable ASCII, cut to `charactersMax` UTF-16 units.
 * Everything else is escaped: line breaks, terminal escapes (C0 and C1) and U+2028 cannot reach whoever prints a
 * record, and half a surrogate pair stays valid JSON. ASCII also makes length in characters length in bytes.
 */
export function jsonText(value: string, charactersMax: number): string {
  const bounded = value.length > charactersMax ? value.slice(0, charactersMax) : value
  if (!unsafe.test(bounded)) return `"${bounded}"`
  return JSON.stringify(bounded).replace(notAscii, escapeUnit)
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
