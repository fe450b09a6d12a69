/** As large as all of them may be, bytes: they go through the browser, into the grant and into every token. */
export const detailsBytesMax = 4096
const detailsMax = 16

/**
 * RFC 9396 section 2: an array of objects, each of a type that the API knows. Answers it as JSON in one spelling, empty
 * for none; undefined when it is not allowed.
 */
export function readAuthorizationDetails(text: string | undefined, types: readonly string[]): string | undefined {
  if (text === undefined) return ''
  if (Buffer.byteLength(text) > detailsBytesMax) return undefined
  const parsed = parse(text)
  if (!Array.isArray(parsed) || parsed.length === 0 || parsed.length > detailsMax) return undefined
  return parsed.every((detail) => isOfType(detail, types)) ? JSON.stringify(parsed) : undefined
}

/** One JSON object each. */
export function eachDetail(authorizationDetails: string): string[] {
  if (authorizationDetails === '') return []
  return (JSON.parse(authorizationDetails) as unknown[]).map((detail) => JSON.stringify(detail))
}

function isOfType(detail: unknown, types: readonly string[]): boolean {
  if (typeof detail !== 'object' || detail === null || Array.isArray(detail)) return false
  return 'type' in detail && typeof detail.type === 'string' && types.includes(detail.type)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
