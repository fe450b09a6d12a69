import { durationPattern } from './json.ts'

/** A text of so many characters at most. */
export const text = (maxLength = 256) => ({ type: 'string', maxLength })
export const time = { type: 'string', format: 'date-time' }
export const texts = (maxItems = 1000, maxLength = 256) => ({ type: 'array', maxItems, items: text(maxLength) })
export const duration = { type: 'string', pattern: durationPattern, description: '500ms, 5s, 10m, 24h, 30d' }
export const number = { type: 'integer' }
export const count = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER }
export const flag = { type: 'boolean' }

/** A body of these fields and no other. */
export function body(properties: Readonly<Record<string, object>>, required: readonly string[] = []) {
  return { type: 'object', properties, required, additionalProperties: false }
}
