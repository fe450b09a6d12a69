import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { Backlog } from './backlog.ts'
import { lockDirectory } from './directory-lock.ts'
import { FRAME_HEADER_BYTES, type Payload } from './frame.ts'
import { type Batch, type BatchEnd, SpoolReader } from './reader.ts'
import { type Recovery, recover } from './recover.ts'
import { isComplete, type Segment, segmentHeader, startSegment } from './segment.ts'
import { SEGMENT_HEADER_BYTES } from './segment-header.ts'
import { openSlots } from './slot.ts'
import { SlotPool } from './slot-pool.ts'
import type { SpoolDisk } from './spool-disk.ts'
import { SpoolFull } from './spool-full.ts'
import { SpoolWriter } from './writer.ts'

export interface SpoolOptions {
  readonly directory: string
  readonly node: string
  readonly segmentBytes: number
  readonly segmentsMax: number
  /** Bound of what waits in memory for the disk; refusals may use twice as much. */
  readonly pendingBytesMax: number
  readonly disk: SpoolDisk
  readonly onFault: (error: Error) => void
}

/** A durable queue in a directory of its own: append, read in order, acknowledge. */
export class Spool {
  readonly epoch: number
  readonly #options: SpoolOptions
  readonly #lock: { release(): void }
  readonly #pool: SlotPool
  readonly #writer: SpoolWriter
  readonly #reader: SpoolReader
  readonly #segments: Segment[] = []
  readonly #backlog = new Backlog()
  readonly #listeners = new Set<() => void>()
  #active: Segment | undefined
  #number: number
  #sequence = 0
  #closed = false

  private constructor(options: SpoolOptions, lock: { release(): void }, recovery: Recovery) {
    const { directory, segmentBytes, segmentsMax, node, disk, onFault } = options
    this.#options = options
    this.#lock = lock
    this.#number = recovery.number
    // Seconds, so that an epoch never returns even when the directory is lost: the ledger would take the
    // records of the second life for duplicates of the first.
    this.epoch = Math.max(recovery.epoch + 1, Math.floor(Date.now() / 1000))
    this.#pool = new SlotPool({
      directory,
      slotBytes: segmentBytes,
      slotsMax: segmentsMax,
      name: () => `${node.replaceAll(/[^A-Za-z0-9-]/g, '_')}-${randomUUID()}`,
      onFault,
    })
    this.#writer = new SpoolWriter({
      disk,
      nextNumber: () => ++this.#number,
      replace: (broken) => this.#replace(broken),
      onDurable: (count) => this.#durable(count),
      onFault,
    })
    this.#reader = new SpoolReader(this.#segments, onFault)
    for (const { segment, records, writtenAtMs } of recovery.segments) {
      this.#pool.adopt()
      this.#segments.push(segment)
      this.#backlog.add(records, writtenAtMs)
    }
    for (const slot of recovery.free) {
      this.#pool.adopt()
      this.#pool.give(slot)
    }
  }

  /** Rejects with SpoolLocked when another process has the directory. */
  static async open(options: SpoolOptions): Promise<Spool> {
    await mkdir(options.directory, { recursive: true, mode: 0o700 })
    const lock = lockDirectory(options.directory)
    try {
      const spool = new Spool(options, lock, await recover(await openSlots(options.directory)))
      await spool.#pool.prepare()
      return spool
    } catch (error) {
      lock.release()
      throw error
    }
  }

  /** What the next append will be numbered; dense from 1 in this epoch. */
  get nextSequence(): number {
    return this.#sequence + 1
  }

  /** Records that are durable and not acknowledged. */
  get records(): number {
    return this.#backlog.records
  }

  oldestSeconds(nowMs: number): number {
    return this.#backlog.oldestSeconds(nowMs)
  }

  /**
   * Takes a copy of one record and calls back when it is durable: never when it is not, and in the order of appends.
   * Throws SpoolFull, and then has taken nothing; a refusal still gets through until the reserve is used too.
   */
  append(payload: Payload, refusal: boolean, onDurable: () => void): void {
    const segment = this.#segmentFor(FRAME_HEADER_BYTES + payload.length, refusal)
    this.#writer.append(segment, ++this.#sequence, payload, onDurable)
  }

  /** The next durable records, in order over all epochs; undefined when there is none yet. */
  next(bytesMax: number): Promise<Batch | undefined> {
    return this.#reader.next(bytesMax)
  }

  /** Calls back whenever records became durable; answers how to stop that. */
  onDurable(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Says that a batch, and so all before it, is safe elsewhere: its files are used again. */
  acknowledge(batch: BatchEnd): void {
    this.#backlog.remove(batch.count)
    for (const segment of this.#segments) {
      segment.acknowledgedEnd = segment === batch.segment ? batch.end : segment.durableEnd
      if (segment === batch.segment) break
    }
    this.#trim()
  }

  /** Waits until all that was taken is durable, then lets the directory go. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#writer.idle()
    if (this.#backlog.records === 0) for (const segment of this.#segments) this.#markTrimmed(segment)
    await this.#pool.close()
    await Promise.all(this.#segments.map(({ slot }) => slot.file.close()))
    this.#lock.release()
  }

  #segmentFor(bytes: number, refusal: boolean): Segment {
    if (this.#closed) throw new SpoolFull('closed')
    const active = this.#active
    if (active?.broken) throw new SpoolFull('disk')
    if (this.#writer.pendingBytes > this.#options.pendingBytesMax * (refusal ? 2 : 1)) throw new SpoolFull('memory')
    const fits = active !== undefined && !active.sealed && active.writeEnd + bytes <= active.slot.bytes
    // The last spare file is the reserve: it is there for refusals alone, and is gone when there is none.
    const reserve = refusal ? 0 : 1
    if (fits && this.#pool.spares >= reserve) return active
    if (active && !fits) {
      active.sealed = true
      this.#trim()
    }
    const slot = !fits && this.#pool.spares > reserve ? this.#pool.take() : undefined
    if (!slot) throw new SpoolFull('disk')
    this.#active = startSegment(slot, this.#options.node, this.epoch)
    this.#segments.push(this.#active)
    return this.#active
  }

  #replace(broken: Segment): Segment | undefined {
    const slot = this.#pool.take()
    if (!slot) return undefined
    const segment = startSegment(slot, this.#options.node, this.epoch)
    broken.writeEnd = broken.durableEnd
    if (broken === this.#active) this.#active = segment
    else segment.sealed = broken.sealed
    broken.sealed = true
    this.#segments.splice(this.#segments.indexOf(broken) + 1, 0, segment)
    if (broken.durableEnd === SEGMENT_HEADER_BYTES) {
      this.#segments.splice(this.#segments.indexOf(broken), 1)
      this.#reader.replaced(broken, segment)
      this.#pool.discard(broken.slot)
    }
    return segment
  }

  #durable(count: number): void {
    this.#backlog.add(count, Date.now())
    for (const listener of this.#listeners) listener()
  }

  /** Frees the files at the front of which every record was acknowledged. */
  #trim(): void {
    for (let first = this.#segments[0]; first; first = this.#segments[0]) {
      if (!isComplete(first) || first.acknowledgedEnd < first.durableEnd) return
      this.#segments.shift()
      this.#free(first)
    }
  }

  #free(segment: Segment): void {
    if (!segment.broken && this.#markTrimmed(segment)) this.#pool.give(segment.slot)
    else this.#pool.discard(segment.slot)
  }

  /** Not synced: when it is lost, records are sent once more. It also keeps the epoch. */
  #markTrimmed(segment: Segment): boolean {
    if (segment.number === undefined) return true
    try {
      this.#options.disk.write(segment.slot.file.fd, segmentHeader(segment, segment.number, true), 0)
      return true
    } catch (error) {
      this.#options.onFault(error instanceof Error ? error : new Error(String(error)))
      return false
    }
  }
}
