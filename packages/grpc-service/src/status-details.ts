import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire'
import type { FieldViolation } from '@gatehouse/errors'

/** What `grpc-status-details-bin` says beside code and message (google.rpc.Status, error_details.proto). */
export interface StatusDetails {
  readonly reason: string
  readonly domain: string
  readonly metadata: Readonly<Record<string, string>>
  readonly violations: readonly FieldViolation[]
  readonly retryAfterMs: number | undefined
}

const typeUrl = 'type.googleapis.com/google.rpc.'

/** The bytes of google.rpc.Status with ErrorInfo, BadRequest and RetryInfo; absent parts are left out. */
export function encodeStatus(code: number, message: string, details: StatusDetails): Uint8Array {
  const status = new BinaryWriter().uint32(8).int32(code).uint32(18).string(message)
  writeAny(status, 'ErrorInfo', encodeErrorInfo(details))
  if (details.violations.length > 0) writeAny(status, 'BadRequest', encodeBadRequest(details.violations))
  if (details.retryAfterMs !== undefined) writeAny(status, 'RetryInfo', encodeRetryInfo(details.retryAfterMs))
  return status.finish()
}

function writeAny(status: BinaryWriter, name: string, value: Uint8Array): void {
  status.uint32(26).fork()
  status.uint32(10).string(typeUrl + name)
  status.uint32(18).bytes(value).join()
}

function encodeErrorInfo({ reason, domain, metadata }: StatusDetails): Uint8Array {
  const info = new BinaryWriter().uint32(10).string(reason).uint32(18).string(domain)
  for (const [key, value] of Object.entries(metadata)) {
    info.uint32(26).fork().uint32(10).string(key).uint32(18).string(value).join()
  }
  return info.finish()
}

function encodeBadRequest(violations: readonly FieldViolation[]): Uint8Array {
  const badRequest = new BinaryWriter()
  for (const { field, description } of violations) {
    badRequest.uint32(10).fork().uint32(10).string(field).uint32(18).string(description).join()
  }
  return badRequest.finish()
}

function encodeRetryInfo(retryAfterMs: number): Uint8Array {
  const seconds = Math.floor(retryAfterMs / 1000)
  const nanos = Math.round((retryAfterMs - seconds * 1000) * 1e6)
  return new BinaryWriter().uint32(10).fork().uint32(8).int64(seconds).uint32(16).int32(nanos).join().finish()
}

/** Reads what encodeStatus or any other gRPC server wrote; undefined when there is no ErrorInfo or it is malformed. */
export function decodeStatusDetails(bytes: Uint8Array): StatusDetails | undefined {
  try {
    const anys = fields(bytes)
      .filter(({ number }) => number === 3)
      .map(({ value }) => new Map(fields(asBytes(value)).map((field) => [field.number, asBytes(field.value)])))
    const details = new Map(anys.map((any) => [text(any.get(1)), any.get(2) ?? new Uint8Array()]))
    const info = details.get(`${typeUrl}ErrorInfo`)
    return (
      info && {
        ...decodeErrorInfo(info),
        violations: decodeBadRequest(details.get(`${typeUrl}BadRequest`)),
        retryAfterMs: decodeRetryInfo(details.get(`${typeUrl}RetryInfo`)),
      }
    )
  } catch {
    return undefined
  }
}

function decodeErrorInfo(bytes: Uint8Array): Pick<StatusDetails, 'reason' | 'domain' | 'metadata'> {
  let reason = ''
  let domain = ''
  const metadata = new Map<string, string>()
  for (const { number, value } of fields(bytes)) {
    if (number === 1) reason = text(asBytes(value))
    if (number === 2) domain = text(asBytes(value))
    if (number === 3) metadata.set(...pair(asBytes(value)))
  }
  return { reason, domain, metadata: Object.fromEntries(metadata) }
}

function decodeBadRequest(bytes: Uint8Array | undefined): readonly FieldViolation[] {
  if (!bytes) return []
  return fields(bytes)
    .filter(({ number }) => number === 1)
    .map(({ value }) => pair(asBytes(value)))
    .map(([field, description]) => ({ field, description }))
}

function decodeRetryInfo(bytes: Uint8Array | undefined): number | undefined {
  const delay = bytes && fields(bytes).find(({ number }) => number === 1)
  if (!delay) return undefined
  const parts = new Map(fields(asBytes(delay.value)).map(({ number, value }) => [number, Number(value)]))
  return (parts.get(1) ?? 0) * 1000 + (parts.get(2) ?? 0) / 1e6
}

interface Field {
  readonly number: number
  readonly value: Uint8Array | bigint
}

/** The fields of a message, as far as these messages need: varint and length-delimited. */
function fields(bytes: Uint8Array): readonly Field[] {
  const reader = new BinaryReader(bytes)
  const found: Field[] = []
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag()
    if (wireType === 0) found.push({ number, value: BigInt(reader.int64()) })
    else if (wireType === 2) found.push({ number, value: reader.bytes() })
    else reader.skip(wireType, number)
  }
  return found
}

/** Two strings at fields 1 and 2: a map entry, a field violation. */
function pair(bytes: Uint8Array): [string, string] {
  const parts = new Map(fields(bytes).map(({ number, value }) => [number, asBytes(value)]))
  return [text(parts.get(1)), text(parts.get(2))]
}

function asBytes(value: Uint8Array | bigint): Uint8Array {
  if (typeof value === 'bigint') throw new Error('wire type')
  return value
}

function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes)
}
