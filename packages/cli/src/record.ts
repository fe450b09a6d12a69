/** A JSON object whose members are not known yet. */
export type Json = { readonly [name: string]: unknown }

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A member as an object; an empty one when it is absent or none. */
export function recordIn(value: Json, name: string): Json {
  const member = value[name]
  return isRecord(member) ? member : {}
}

/** The objects in a member that is a list; none when it is absent. */
export function recordsIn(value: Json, name: string): readonly Json[] {
  const member = value[name]
  return Array.isArray(member) ? member.filter(isRecord) : []
}

/** A member as text; empty when it is absent. */
export function textIn(value: Json, name: string): string {
  const member = value[name]
  return typeof member === 'string' || typeof member === 'number' || typeof member === 'boolean' ? String(member) : ''
}
