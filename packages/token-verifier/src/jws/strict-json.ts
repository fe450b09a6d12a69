export type JsonObject = Readonly<Record<string, unknown>>

const depthMax = 16

/**
 * Reads a JSON object that every reader reads alike: no name twice in one object at any depth (RFC 7515 section 4 and
 * RFC 7519 section 4; JSON.parse takes the last, others the first), none called `__proto__`, and no deep nesting.
 * Undefined for everything else.
 */
export function parseStrictObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) && namesAreUnique(value, text) ? value : undefined
  } catch {
    return undefined
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const char = { quote: 0x22, backslash: 0x5c, colon: 0x3a, space: 0x20 } as const

/**
 * Of a name that stands twice the parser keeps one: then the text has more names than the value.
 * @param text what `value` was read from, so valid JSON
 */
function namesAreUnique(value: JsonObject, text: string): boolean {
  return countNames(text) === countMembers(value, 1)
}

/** Names of the objects in a value; NaN, which equals no count, where one is refused or it is nested too deep. */
function countMembers(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0
  if (depth > depthMax) return Number.NaN
  let count = 0
  if (isObject(value)) {
    for (const name of Object.keys(value)) {
      if (name === '__proto__') return Number.NaN
      count += 1 + countMembers(value[name], depth + 1)
    }
  } else if (Array.isArray(value)) for (const one of value) count += countMembers(one, depth + 1)
  return count
}

/** Strings before a colon. */
function countNames(text: string): number {
  let count = 0
  for (let at = text.indexOf('"'); at >= 0; ) {
    const end = endOfString(text, at)
    if (isName(text, end)) count += 1
    at = text.indexOf('"', end)
  }
  return count
}

/** Behind the closing quote of the string that begins at `from`. */
function endOfString(text: string, from: number): number {
  let at = from + 1
  while (text.charCodeAt(at) !== char.quote) at += text.charCodeAt(at) === char.backslash ? 2 : 1
  return at + 1
}

function isName(text: string, from: number): boolean {
  let at = from
  while (text.charCodeAt(at) <= char.space) at++
  return text.charCodeAt(at) === char.colon
}
