import { crc32c } from '@node-rs/crc32'

/** One sector: a disk writes it whole or not at all. */
export const SEGMENT_HEADER_BYTES = 512
export const NODE_BYTES_MAX = 128

/** What a file of the spool holds in its present use. */
export interface SegmentHeader {
  readonly node: string
  readonly epoch: number
  /** Order of use over all files and epochs. */
  readonly number: number
  /** Seeds the checksums of the frames. */
  readonly salt: number
  /** Everything in it was acknowledged: the file is free. */
  readonly trimmed: boolean
}

const MAGIC = Buffer.from('GHSPOOL1', 'latin1')
const CHECKSUM_AT = SEGMENT_HEADER_BYTES - 4

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES)
  MAGIC.copy(bytes)
  bytes.writeUInt32LE(header.salt, 8)
  bytes.writeUInt8(header.trimmed ? 1 : 0, 12)
  bytes.writeBigUInt64LE(BigInt(header.number), 16)
  bytes.writeBigUInt64LE(BigInt(header.epoch), 24)
  bytes.writeUInt8(bytes.write(header.node, 32, NODE_BYTES_MAX, 'utf8'), 13)
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, CHECKSUM_AT)), CHECKSUM_AT)
  return bytes
}

/** Undefined for a file that was never used, or whose header is torn. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
  if (bytes.readUInt32LE(CHECKSUM_AT) !== crc32c(bytes.subarray(0, CHECKSUM_AT))) return undefined
  return {
    salt: bytes.readUInt32LE(8),
    trimmed: bytes.readUInt8(12) === 1,
    number: Number(bytes.readBigUInt64LE(16)),
    epoch: Number(bytes.readBigUInt64LE(24)),
    node: bytes.toString('utf8', 32, 32 + bytes.readUInt8(13)),
  }
}
