import type { StoredRecord } from '@gatehouse/contracts/audit/v1/decision_record'

/** The fields that a record is found by; null where it does not have them. */
export interface DecisionKeys {
  readonly timeMs: number
  readonly allowed: boolean
  readonly reason: string
  readonly environmentId: string | null
  readonly apiId: string | null
  readonly operationId: string | null
  readonly clientId: string | null
  readonly credentialId: string | null
  readonly authMethod: string | null
  readonly requestId: string | null
}

export type ReadRecord =
  | { readonly kind: 'decision'; readonly keys: DecisionKeys }
  | { readonly kind: 'malformed'; readonly problem: string }

/** Twelve times the longest record of our own encoder. */
export const RECORD_BYTES_MAX = 256 * 1024
const KEY_LENGTH_MAX = 256
/** Year 9999: the last one that a timestamp of protobuf can tell. */
const TIME_MS_MAX = 253_402_300_799_999
/** A leading `_` is the ledger itself. */
const nodeForm = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/
const lineFeed = 0x0a
const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Reads what a record is found by. Never throws: what cannot be read is said, and kept as it is. */
export function readRecord(record: StoredRecord): ReadRecord {
  const { node, epoch, sequence, json } = record
  if (!nodeForm.test(node)) return malformed('node is not [A-Za-z0-9][A-Za-z0-9_-]{0,63}')
  if (epoch < 1n || sequence < 1n) return malformed('epoch and sequence start at 1')
  if (json.length > RECORD_BYTES_MAX) return malformed(`longer than ${RECORD_BYTES_MAX} bytes`)
  // An export has a line for each.
  if (json.includes(lineFeed)) return malformed('it has a line feed')
  const body = parse(json)
  if (body === undefined) return malformed('no JSON object')
  const gatehouse = member(body, 'gatehouse')
  const metadata = member(body, 'metadata')
  if (metadata['uid'] !== `${node}.${epoch}.${sequence}`) return malformed('metadata.uid is not its identity')
  const { time: timeMs } = body
  if (typeof timeMs !== 'number' || !Number.isInteger(timeMs) || timeMs < 0 || timeMs > TIME_MS_MAX) {
    return malformed('time is no time in milliseconds')
  }
  const { outcome, reason } = gatehouse
  if (outcome !== 'allow' && outcome !== 'deny') return malformed('gatehouse.outcome is neither allow nor deny')
  if (typeof reason !== 'string' || reason === '') return malformed('gatehouse.reason is missing')
  return {
    kind: 'decision',
    keys: {
      timeMs,
      allowed: outcome === 'allow',
      reason: key(reason) ?? '',
      environmentId: key(gatehouse['environment']),
      apiId: key(gatehouse['api']),
      operationId: key(gatehouse['operation']),
      clientId: key(gatehouse['client_id']),
      credentialId: key(gatehouse['credential_id']),
      authMethod: key(gatehouse['auth_method']),
      requestId: key(metadata['correlation_uid']),
    },
  }
}

type Members = Readonly<Record<string, unknown>>

function malformed(problem: string): ReadRecord {
  return { kind: 'malformed', problem }
}

function parse(json: Uint8Array): Members | undefined {
  try {
    const value: unknown = JSON.parse(utf8.decode(json))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function member(body: Members, name: string): Members {
  const value = body[name]
  return isObject(value) ? value : {}
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** NUL is no text for Postgres, and an index entry has a bound; the record itself keeps its exact bytes. */
function key(value: unknown): string | null {
  return typeof value === 'string' ? value.slice(0, KEY_LENGTH_MAX).replaceAll('\0', '\ufffd') : null
}
