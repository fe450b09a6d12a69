import { FRAME_HEADER_BYTES, frameBytes, type Payload, seal, writeFrame } from './frame.ts'
import { type Segment, segmentHeader } from './segment.ts'
import { SEGMENT_HEADER_BYTES } from './segment-header.ts'
import type { SpoolDisk } from './spool-disk.ts'

const CHUNK_BYTES = 256 * 1024
const CHUNKS_KEPT = 4
const BACKOFF_MS_MAX = 1000
/** From here on a flush pays for itself: it costs some 25 µs of CPU, the thread and the wake-up included. */
const FLUSH_RECORDS = 16
/** A flush of so few tells of little load: then the next ones are not worth waiting for, not even a turn. */
const FEW_RECORDS = 2

/** The longest payload, so that every record fits into a chunk. */
export const PAYLOAD_BYTES_MAX = CHUNK_BYTES - FRAME_HEADER_BYTES

/** Frames that lie behind one another in one segment and are not known durable. */
interface Chunk {
  segment: Segment
  position: number
  readonly buffer: Buffer
  length: number
  readonly waiting: (() => void)[]
}

interface WriterOptions {
  readonly disk: SpoolDisk
  /** The number of the segment that is written next. */
  readonly nextNumber: () => number
  /** A fresh segment that stands right behind the broken one, or undefined when there is none yet. */
  readonly replace: (broken: Segment) => Segment | undefined
  readonly onDurable: (count: number) => void
  readonly onFault: (error: Error) => void
}

/**
 * Group commit: one fdatasync for all that wait, no time window. The next one starts after the first turn of the event
 * loop that brings no further record, or as soon as enough wait: so none waits for a clock, and few fly alone. Where few
 * came last time, it starts after the first turn.
 * A flush stays inside one segment, and the next segment is not written before it succeeded:
 * so what is on disk is always a prefix of what was appended.
 */
export class SpoolWriter {
  readonly #options: WriterOptions
  readonly #free: Buffer[] = []
  #chunks: Chunk[] = []
  #flushing: Chunk[] = []
  #busy = false
  #faults = 0
  #pendingBytes = 0
  #unflushed = 0
  #unflushedBefore = 0
  #flushedBefore = 0
  #whenIdle: (() => void)[] = []

  constructor(options: WriterOptions) {
    this.#options = options
  }

  /** Bytes in memory that are not durable. */
  get pendingBytes(): number {
    return this.#pendingBytes
  }

  append(segment: Segment, sequence: number, payload: Payload, onDurable: () => void): void {
    const chunk = this.#chunkFor(segment, FRAME_HEADER_BYTES + payload.length)
    const before = chunk.length
    chunk.length = writeFrame(chunk.buffer, before, segment.salt, sequence, payload)
    chunk.waiting.push(onDurable)
    segment.writeEnd += chunk.length - before
    this.#pendingBytes += chunk.length - before
    this.#unflushed++
    if (this.#busy) return
    this.#busy = true
    setImmediate(this.#turn)
  }

  /** Resolves when all that was appended is durable. */
  idle(): Promise<void> {
    return this.#busy ? new Promise((resolve) => this.#whenIdle.push(resolve)) : Promise.resolve()
  }

  #chunkFor(segment: Segment, bytes: number): Chunk {
    const last = this.#chunks.at(-1)
    if (last && last.segment === segment && last.length + bytes <= last.buffer.length) return last
    const buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES)
    const chunk = { segment, position: segment.writeEnd, buffer, length: 0, waiting: [] }
    this.#chunks.push(chunk)
    return chunk
  }

  /** After a turn of the event loop. */
  readonly #turn = (): void => {
    const busy = this.#flushedBefore > FEW_RECORDS
    const more = busy && this.#unflushed > this.#unflushedBefore && this.#unflushed < FLUSH_RECORDS
    this.#unflushedBefore = this.#unflushed
    if (more) setImmediate(this.#turn)
    else this.#flush()
  }

  readonly #flush = (): void => {
    this.#flushedBefore = this.#unflushed
    this.#unflushed = 0
    this.#unflushedBefore = 0
    const segment = this.#chunks[0]?.segment
    if (!segment) {
      this.#rest()
      return
    }
    const next = this.#chunks.findIndex((chunk) => chunk.segment !== segment)
    this.#flushing = this.#chunks.splice(0, next === -1 ? this.#chunks.length : next)
    try {
      this.#write(segment)
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)), segment)
      return
    }
    this.#options.disk.datasync(segment.slot.file.fd, (error) => {
      if (error) this.#fail(error, segment)
      else this.#succeed(segment)
    })
  }

  #write(segment: Segment): void {
    const { disk, nextNumber } = this.#options
    const { fd } = segment.slot.file
    if (segment.number === undefined) {
      segment.number = nextNumber()
      disk.write(fd, segmentHeader(segment, segment.number, false), 0)
    }
    for (const { buffer, length, position } of this.#flushing) disk.write(fd, buffer.subarray(0, length), position)
  }

  #succeed(segment: Segment): void {
    this.#faults = 0
    const flushed = this.#flushing
    this.#flushing = []
    let count = 0
    for (const chunk of flushed) {
      segment.durableEnd = chunk.position + chunk.length
      this.#pendingBytes -= chunk.length
      count += chunk.waiting.length
      if (this.#free.length < CHUNKS_KEPT) this.#free.push(chunk.buffer)
    }
    if (this.#chunks.length > 0) setImmediate(this.#turn)
    else this.#rest()
    this.#options.onDurable(count)
    for (const { waiting } of flushed) for (const onDurable of waiting) onDurable()
  }

  #rest(): void {
    this.#busy = false
    for (const resolve of this.#whenIdle.splice(0)) resolve()
  }

  /** After a failed fdatasync the kernel may drop the dirty pages and call the next one a success: never retry there. */
  #fail(error: Error, broken: Segment): void {
    broken.broken = true
    this.#faults++
    this.#options.onFault(error)
    this.#rewrite(broken)
  }

  readonly #rewrite = (broken: Segment): void => {
    const delayMs = Math.min(BACKOFF_MS_MAX, 5 * 2 ** Math.min(this.#faults, 10))
    const segment = this.#options.replace(broken)
    if (!segment) {
      setTimeout(this.#rewrite, delayMs, broken)
      return
    }
    const later = this.#chunks.filter((chunk) => chunk.segment !== broken)
    const moved = [...this.#flushing, ...this.#chunks.filter((chunk) => chunk.segment === broken)]
    this.#flushing = []
    segment.writeEnd = SEGMENT_HEADER_BYTES
    for (const chunk of moved) move(chunk, segment)
    this.#chunks = [...moved, ...later]
    setTimeout(this.#flush, delayMs)
  }
}

function move(chunk: Chunk, segment: Segment): void {
  chunk.segment = segment
  chunk.position = segment.writeEnd
  segment.writeEnd += chunk.length
  for (let at = 0; at < chunk.length; ) {
    const end = at + frameBytes(chunk.buffer, at)
    seal(chunk.buffer, at, end, segment.salt)
    at = end
  }
}
