import { readFrame } from './frame.ts'
import { readSegmentHeader, recoveredSegment, type Segment } from './segment.ts'
import { SEGMENT_HEADER_BYTES, type SegmentHeader } from './segment-header.ts'
import type { Slot } from './slot.ts'

/** A segment of an earlier epoch with records that were not acknowledged. */
export interface RecoveredSegment {
  readonly segment: Segment
  /** Records that no earlier segment holds too. */
  readonly records: number
  readonly writtenAtMs: number
}

export interface Recovery {
  /** In the order in which they were written. */
  readonly segments: RecoveredSegment[]
  readonly free: Slot[]
  /** The highest seen; 0 when the directory is new. */
  readonly epoch: number
  readonly number: number
}

interface Scan {
  readonly slot: Slot
  readonly header: SegmentHeader
  readonly end: number
  readonly first: number
  readonly last: number
}

/** Reads what a crash left: every segment up to its first bad frame. */
export async function recover(slots: readonly Slot[]): Promise<Recovery> {
  const scans: Scan[] = []
  const free: Slot[] = []
  let epoch = 0
  let number = 0
  for (const slot of slots) {
    const header = await readSegmentHeader(slot)
    epoch = Math.max(epoch, header?.epoch ?? 0)
    number = Math.max(number, header?.number ?? 0)
    const scan = header && !header.trimmed ? await scanSegment(slot, header) : undefined
    if (scan) scans.push(scan)
    else free.push(slot)
  }
  scans.sort((a, b) => a.header.number - b.header.number)
  return { segments: await describe(scans), free, epoch, number }
}

async function scanSegment(slot: Slot, header: SegmentHeader): Promise<Scan | undefined> {
  const { buffer, bytesRead } = await slot.file.read(Buffer.allocUnsafeSlow(slot.bytes), 0, slot.bytes, 0)
  const bytes = buffer.subarray(0, bytesRead)
  let end = SEGMENT_HEADER_BYTES
  let first = 0
  let last = 0
  for (let frame = readFrame(bytes, end, header.salt); frame; frame = readFrame(bytes, end, header.salt)) {
    first ||= frame.sequence
    // A repeated frame is passed over by the reader; it must not hide what stands before it.
    last = Math.max(last, frame.sequence)
    end = frame.end
  }
  return first === 0 ? undefined : { slot, header, end, first, last }
}

async function describe(scans: readonly Scan[]): Promise<RecoveredSegment[]> {
  const lastOfEpoch = new Map<number, number>()
  const recovered: RecoveredSegment[] = []
  for (const { slot, header, end, first, last } of scans) {
    const seen = lastOfEpoch.get(header.epoch) ?? 0
    lastOfEpoch.set(header.epoch, Math.max(seen, last))
    recovered.push({
      segment: recoveredSegment(slot, header, end),
      records: Math.max(0, last - Math.max(first - 1, seen)),
      writtenAtMs: (await slot.file.stat()).mtimeMs,
    })
  }
  return recovered
}
