import type { StoredRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import { copyIn } from '@gatehouse/event-store'
import type pg from 'pg'
import type { DecisionKeys } from '../domain/read-record.ts'
import { type Day, tableOf } from './days.ts'

/** A record with the fields it is found by. */
export interface KeyedRecord {
  readonly record: StoredRecord
  readonly keys: DecisionKeys
}

const COLUMNS =
  'position, node, epoch, sequence, time, allowed, reason, environment_id, api_id, operation_id, client_id, credential_id, request_id, json, day'
const COLUMN_COUNT = COLUMNS.split(',').length

/**
 * Stores records that are new at the positions behind `head`, in their order, by a binary COPY: of a statement with
 * arrays, Postgres spent half its time on reading the arrays and looking for what it had. The caller holds the lock of
 * the head.
 */
export async function copyDecisions(
  client: pg.PoolClient,
  day: Day,
  head: bigint,
  entries: readonly KeyedRecord[],
): Promise<void> {
  if (entries.length === 0) return
  await copyIn(client, `COPY ${tableOf(day)} (${COLUMNS}) FROM STDIN (FORMAT binary)`, chunksOf(entries, head, day))
}

/** Times and dates count from it. */
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1)
const DAY_MS = 86_400_000

const CHUNK_BYTES = 256 << 10
/** More than all columns but `json` can have: a node of 64 bytes, seven keys of 256 UTF-16 units, what is fixed. */
const KEYS_BYTES_MAX = 64 + 7 * 256 * 3 + 128

// PostgreSQL 18, COPY, "Binary Format": signature, flags, length of the extension.
const START = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)])
const END = Buffer.from([0xff, 0xff])

function* chunksOf(entries: readonly KeyedRecord[], head: bigint, day: Day): Generator<Buffer, void> {
  yield START
  const dayNumber = (Date.parse(day) - POSTGRES_EPOCH_MS) / DAY_MS
  let chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  let at = 0
  let position = head
  for (const entry of entries) {
    const room = entry.record.json.length + KEYS_BYTES_MAX
    if (chunk.length - at < room) {
      yield chunk.subarray(0, at)
      chunk = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, room))
      at = 0
    }
    at = writeRow(chunk, at, ++position, entry)
    at = chunk.writeInt32BE(dayNumber, chunk.writeInt32BE(4, at))
  }
  yield chunk.subarray(0, at)
  yield END
}

function writeRow(chunk: Buffer, start: number, position: bigint, { record, keys }: KeyedRecord): number {
  let at = chunk.writeInt16BE(COLUMN_COUNT, start)
  at = writeBigint(chunk, at, position)
  at = writeText(chunk, at, record.node)
  at = writeBigint(chunk, at, record.epoch)
  at = writeBigint(chunk, at, record.sequence)
  at = writeBigint(chunk, at, microseconds(keys.timeMs))
  at = chunk.writeInt32BE(1, at)
  at = chunk.writeUInt8(keys.allowed ? 1 : 0, at)
  at = writeText(chunk, at, keys.reason)
  at = writeText(chunk, at, keys.environmentId)
  at = writeText(chunk, at, keys.apiId)
  at = writeText(chunk, at, keys.operationId)
  at = writeText(chunk, at, keys.clientId)
  at = writeText(chunk, at, keys.credentialId)
  at = writeText(chunk, at, keys.requestId)
  at = chunk.writeInt32BE(record.json.length, at)
  chunk.set(record.json, at)
  return at + record.json.length
}

function writeBigint(chunk: Buffer, start: number, value: bigint): number {
  return chunk.writeBigInt64BE(value, chunk.writeInt32BE(8, start))
}

function writeText(chunk: Buffer, start: number, value: string | null): number {
  if (value === null) return chunk.writeInt32BE(-1, start)
  const length = chunk.write(value, start + 4)
  return chunk.writeInt32BE(length, start) + length
}

/** Of timestamptz: since 2000. */
function microseconds(timeMs: number): bigint {
  return BigInt(timeMs - POSTGRES_EPOCH_MS) * 1000n
}
