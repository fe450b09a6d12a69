import { randomInt } from 'node:crypto'
import { decodeSegmentHeader, encodeSegmentHeader, SEGMENT_HEADER_BYTES, type SegmentHeader } from './segment-header.ts'
import type { Slot } from './slot.ts'

/** A slot in use: the records of one epoch, in order. */
export interface Segment {
  readonly slot: Slot
  readonly node: string
  readonly epoch: number
  readonly salt: number
  /** Given at the first write, so that numbers follow the order on disk. */
  number: number | undefined
  /** Where the next frame goes. */
  writeEnd: number
  /** Everything before it is durable and may be read. */
  durableEnd: number
  /** Everything before it is safe elsewhere. */
  acknowledgedEnd: number
  /** No frame will be added. */
  sealed: boolean
  /** A write or fdatasync failed: what is not known durable goes to the segment behind it. */
  broken: boolean
}

export function startSegment(slot: Slot, node: string, epoch: number): Segment {
  return {
    slot,
    node,
    epoch,
    salt: randomInt(0x1_0000_0000),
    number: undefined,
    writeEnd: SEGMENT_HEADER_BYTES,
    durableEnd: SEGMENT_HEADER_BYTES,
    acknowledgedEnd: SEGMENT_HEADER_BYTES,
    sealed: false,
    broken: false,
  }
}

/** A segment that an earlier process left, with whole frames up to `end`. */
export function recoveredSegment(slot: Slot, { node, epoch, salt, number }: SegmentHeader, end: number): Segment {
  const acknowledgedEnd = SEGMENT_HEADER_BYTES
  return {
    slot,
    node,
    epoch,
    salt,
    number,
    writeEnd: end,
    durableEnd: end,
    acknowledgedEnd,
    sealed: true,
    broken: false,
  }
}

/** Whether all that it will ever hold is durable. */
export function isComplete(segment: Segment): boolean {
  return segment.sealed && segment.durableEnd === segment.writeEnd
}

export function segmentHeader(segment: Segment, number: number, trimmed: boolean): Buffer {
  const { node, epoch, salt } = segment
  return encodeSegmentHeader({ node, epoch, salt, number, trimmed })
}

export async function readSegmentHeader(slot: Slot) {
  const { buffer, bytesRead } = await slot.file.read(Buffer.alloc(SEGMENT_HEADER_BYTES), 0, SEGMENT_HEADER_BYTES, 0)
  return decodeSegmentHeader(buffer.subarray(0, bytesRead))
}
