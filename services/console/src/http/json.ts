/** An enum of the contracts: `{ CLIENT_STATE_UNSPECIFIED: 0, CLIENT_STATE_ACTIVE: 1, …, UNRECOGNIZED: -1 }`. */
type Enum = Readonly<Record<string, number>>

/** Which fields of a message, at any depth, hold which enum. */
export type Enums = Readonly<Record<string, Enum>>

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/**
 * A message as the API shows it: snake_case, times as ISO 8601, durations as `86400s`, bytes as Base64, enums in lower
 * case without their prefix. What is unset, and an enum that is unspecified or unknown here, is left out.
 */
export function toJson(message: object, enums: Enums = {}): { [key: string]: Json } {
  const entries = Object.entries(message).flatMap(([key, value]) => {
    const name = snakeCase(key)
    const json = key === '_unknownFields' ? undefined : valueJson(value, enums[name], enums)
    return json === undefined ? [] : [[name, json] as const]
  })
  return Object.fromEntries(entries)
}

function valueJson(value: unknown, values: Enum | undefined, enums: Enums): Json | undefined {
  if (value === undefined || value === null) return undefined
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (Array.isArray(value)) return value.flatMap((item) => valueJson(item, values, enums) ?? [])
  switch (typeof value) {
    case 'bigint':
      return Number(value)
    case 'number':
      return values ? enumName(values, value) : value
    case 'string':
    case 'boolean':
      return value
    case 'object':
      return isDuration(value) ? `${Number(value.seconds) + value.nanos / 1e9}s` : toJson(value, enums)
    default:
      return undefined
  }
}

/**
 * A checked request body as `fromJSON` of the generated messages takes it: durations and enums in the protobuf form.
 * Field names may stay in snake_case.
 */
export function fromJson(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => fromJson(item, key))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, fromJson(item, name)]))
  }
  if (typeof value !== 'string') return value
  if (durationFields.has(key)) return parseDuration(value)
  const prefix = enumPrefixes.get(key)
  return prefix ? `${prefix}${value.toUpperCase()}` : value
}

const durationFields = new Set([
  ...['overlap', 'period', 'max_staleness', 'connect_timeout', 'response_timeout', 'lifetime'],
  ...['refresh_lifetime', 'refresh_idle', 'session_lifetime', 'key_rotation'],
])
const enumPrefixes = new Map([
  ['audit_mode', 'AUDIT_MODE_'],
  ['scheme', 'SECURITY_SCHEME_'],
  ['form', 'TOKEN_FORM_'],
  ['algorithm', 'SIGNING_ALGORITHM_'],
  ['token_endpoint_auth_method', 'CLIENT_AUTHENTICATION_METHOD_'],
  ['subject', 'CUTOFF_SUBJECT_'],
])

/** The durations that requests may hold: `500ms`, `5s`, `1.5s`, `10m`, `24h`, `30d`. */
export const durationPattern = '^\\d{1,9}(\\.\\d{1,9})?(ms|s|m|h|d)$'

const unitSeconds: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 }

function parseDuration(text: string): { seconds: number; nanos: number } {
  const [, amount, unit] = /^([\d.]+)(ms|s|m|h|d)$/.exec(text) ?? []
  const total = Number(amount) * (unitSeconds[unit ?? ''] ?? Number.NaN)
  const seconds = Math.floor(total)
  return { seconds, nanos: Math.round((total - seconds) * 1e9) }
}

/** The names of an enum as the API spells them, without the unspecified one. */
export function enumNames(values: Enum): readonly string[] {
  return Object.values(values).flatMap((value) => enumName(values, value) ?? [])
}

function enumName(values: Enum, value: number): string | undefined {
  if (value <= 0) return undefined
  const unspecified = Object.keys(values).find((name) => values[name] === 0) ?? ''
  const name = Object.keys(values).find((candidate) => values[candidate] === value)
  return name?.slice(unspecified.length - 'UNSPECIFIED'.length).toLowerCase()
}

function isDuration(value: object): value is { seconds: bigint; nanos: number } {
  return 'seconds' in value && typeof value.seconds === 'bigint' && 'nanos' in value
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
