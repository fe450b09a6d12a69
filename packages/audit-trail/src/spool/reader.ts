import type { StoredRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import { readFrame } from './frame.ts'
import { isComplete, type Segment } from './segment.ts'
import { SEGMENT_HEADER_BYTES } from './segment-header.ts'

/** Where a batch ends: what to acknowledge. */
export interface BatchEnd {
  readonly segment: Segment
  readonly end: number
  readonly count: number
}

/** Durable records in order. Their bytes hold until the next batch is asked for. */
export interface Batch extends BatchEnd {
  readonly records: readonly StoredRecord[]
  /** More was there already than was asked for. */
  readonly full: boolean
}

/** Reads the durable records of a list of segments, once and in order. */
export class SpoolReader {
  readonly #segments: readonly Segment[]
  readonly #onFault: (error: Error) => void
  #segment: Segment | undefined
  #offset = SEGMENT_HEADER_BYTES
  // One for all batches: each new one would be memory that only a collection gives back.
  #buffer = Buffer.alloc(0)
  #epoch = 0
  #sequence = 0

  constructor(segments: readonly Segment[], onFault: (error: Error) => void) {
    this.#segments = segments
    this.#onFault = onFault
  }

  /** The next records, at least one; undefined when there is none yet. One call at a time. */
  async next(bytesMax: number): Promise<Batch | undefined> {
    for (let segment = this.#current(); segment; segment = this.#current()) {
      const bytes = Math.min(bytesMax, segment.durableEnd - this.#offset)
      if (this.#buffer.length < bytes) this.#buffer = Buffer.allocUnsafeSlow(Math.max(bytes, this.#buffer.length * 2))
      await segment.slot.file.read(this.#buffer, 0, bytes, this.#offset)
      const records = this.#parse(this.#buffer.subarray(0, bytes), segment)
      const end = this.#offset
      const count = records.length
      if (count > 0) return { records, segment, end, count, full: end < segment.durableEnd }
    }
    return undefined
  }

  /** Steps from a segment that goes away unread to the one that stands for it. */
  replaced(gone: Segment, by: Segment): void {
    if (this.#segment === gone) this.#segment = by
  }

  /** The segment with something to read, or undefined. */
  #current(): Segment | undefined {
    this.#segment ??= this.#segments[0]
    while (this.#segment && this.#offset >= this.#segment.durableEnd) {
      const next = this.#segments[this.#segments.indexOf(this.#segment) + 1]
      if (!isComplete(this.#segment) || !next) return undefined
      this.#segment = next
      this.#offset = SEGMENT_HEADER_BYTES
    }
    return this.#segment
  }

  #parse(buffer: Buffer, segment: Segment): StoredRecord[] {
    const records: StoredRecord[] = []
    let at = 0
    for (let frame = readFrame(buffer, at, segment.salt); frame; frame = readFrame(buffer, at, segment.salt)) {
      at = frame.end
      if (this.#isNew(segment.epoch, frame.sequence)) {
        const { node, epoch } = segment
        records.push({ node, epoch: BigInt(epoch), sequence: BigInt(frame.sequence), json: frame.payload })
      }
    }
    if (at === 0) {
      this.#onFault(new Error(`${segment.slot.path} is damaged at byte ${this.#offset}: the rest of it is lost`))
      at = segment.durableEnd - this.#offset
    }
    this.#offset += at
    return records
  }

  /** A segment that replaced a broken one repeats what the broken one could write. */
  #isNew(epoch: number, sequence: number): boolean {
    if (epoch === this.#epoch && sequence <= this.#sequence) return false
    this.#epoch = epoch
    this.#sequence = sequence
    return true
  }
}
