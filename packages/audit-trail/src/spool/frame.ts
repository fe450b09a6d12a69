import { crc32c } from '@node-rs/crc32'

/** A frame is `crc32c u32 | length u32 | sequence u64 | payload`, little endian; the checksum covers all after itself. */
export const FRAME_HEADER_BYTES = 16

const CHECKSUM_BYTES = 4
const TWO_TO_32 = 0x1_0000_0000

/** The first `length` of the bytes. */
export interface Payload {
  readonly bytes: Buffer
  readonly length: number
}

export interface Frame {
  readonly sequence: number
  /** A view on the buffer that was read. */
  readonly payload: Buffer
  /** Where the next frame starts. */
  readonly end: number
}

/** Writes a frame at `offset`; answers where it ends. The buffer must have room. */
export function writeFrame(buffer: Buffer, offset: number, salt: number, sequence: number, payload: Payload): number {
  const end = offset + FRAME_HEADER_BYTES + payload.length
  buffer.writeUInt32LE(payload.length, offset + 4)
  buffer.writeUInt32LE(sequence % TWO_TO_32, offset + 8)
  buffer.writeUInt32LE(Math.floor(sequence / TWO_TO_32), offset + 12)
  payload.bytes.copy(buffer, offset + FRAME_HEADER_BYTES, 0, payload.length)
  seal(buffer, offset, end, salt)
  return end
}

/**
 * The frame at `offset`, or undefined when there is none or it is torn.
 * The salt is drawn for each use of a file, so what an earlier use left behind never passes for a frame.
 */
export function readFrame(buffer: Buffer, offset: number, salt: number): Frame | undefined {
  if (offset + FRAME_HEADER_BYTES > buffer.length) return undefined
  const length = buffer.readUInt32LE(offset + 4)
  const start = offset + FRAME_HEADER_BYTES
  const end = start + length
  if (length === 0 || end > buffer.length) return undefined
  if (buffer.readUInt32LE(offset) !== crc32c(buffer.subarray(offset + CHECKSUM_BYTES, end), salt)) return undefined
  const sequence = buffer.readUInt32LE(offset + 8) + buffer.readUInt32LE(offset + 12) * TWO_TO_32
  return { sequence, payload: buffer.subarray(start, end), end }
}

/** The whole length of the frame that starts at `offset`, read without a check: for frames of our own memory. */
export function frameBytes(buffer: Buffer, offset: number): number {
  return FRAME_HEADER_BYTES + buffer.readUInt32LE(offset + 4)
}

/** Writes the checksum of a frame whose other bytes are in place. */
export function seal(buffer: Buffer, offset: number, end: number, salt: number): void {
  buffer.writeUInt32LE(crc32c(buffer.subarray(offset + CHECKSUM_BYTES, end), salt), offset)
}
