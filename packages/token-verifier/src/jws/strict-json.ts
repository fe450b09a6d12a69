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
    return isObject(value) && namesAreUnique(text) ? value : undefined
  } catch {
    return undefined
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const char = { quote: 0x22, backslash: 0x5c, colon: 0x3a, open: 0x7b, close: 0x7d, space: 0x20 } as const

/** @param text valid JSON: so a string before a colon is a name, and of the innermost open object */
function namesAreUnique(text: string): boolean {
  const objects: Set<string>[] = []
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === char.open) {
      if (objects.push(new Set()) > depthMax) return false
    } else if (code === char.close) objects.pop()
    else if (code === char.quote) {
      const end = endOfString(text, at)
      if (isName(text, end)) {
        const name = readName(text, at, end)
        const names = objects.at(-1)
        if (name === '__proto__' || names?.has(name)) return false
        names?.add(name)
      }
      at = end - 1
    }
  }
  return true
}

/** `"s\u0075b"` is `"sub"`. */
function readName(text: string, from: number, to: number): string {
  const raw = text.slice(from + 1, to - 1)
  return raw.includes('\\') ? JSON.parse(text.slice(from, to)) : raw
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
