import type { DecisionEntry } from './decision-entry.ts'
import { recordEncoder } from './encode-record.ts'
import { Spool } from './spool/spool.ts'
import { type SpoolDisk, spoolDisk } from './spool/spool-disk.ts'

export interface TrailOptions {
  /** Of this process alone. */
  readonly directory: string
  /** Names this process in every record it writes: unique in the installation, ASCII letters, digits, `-` and `_`. */
  readonly node: string
  /** `gateway`, `policy` or `console`: who decided. */
  readonly product: string
  /** Bytes of one file; 16 MiB holds about 14,000 records. */
  readonly segmentBytes?: number
  /** Files at most, three at least; 64 of 16 MiB by default: 1 GiB. */
  readonly segmentsMax?: number
  /** Bytes that may wait in memory for the disk; 32 MiB by default. */
  readonly pendingBytesMax?: number
  readonly disk?: SpoolDisk
  /** Errors of the disk, which the trail survives: log and count them. */
  readonly onFault?: (error: Error) => void
}

/** The durable trail of this process's decisions. */
export interface Trail {
  readonly node: string
  readonly epoch: number
  /** The id that the next append will give: `<node>.<epoch>.<sequence>`. */
  nextDecisionId(): string
  /**
   * Records one decision and answers its id at once. `onDurable` is called when the record is on disk, and never when
   * it is not: bound the wait. It must not throw. Throws SpoolFull, and then nothing is recorded: refuse, and record that.
   */
  append(entry: DecisionEntry, onDurable: () => void): string
  /** The same for a refusal: it may also use the reserve that no allowed request may. */
  appendRefusal(entry: DecisionEntry, onDurable: () => void): string
  /** What the shipper reads. */
  readonly spool: Spool
  /** Waits until all records are on disk. */
  close(): Promise<void>
}

// A leading `_` is the ledger itself.
const NODE = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/

/**
 * Opens the trail in a directory and finds what an earlier process left there.
 * Rejects with SpoolLocked when another process has it, RangeError on a wrong setting.
 */
export async function openTrail(options: TrailOptions): Promise<Trail> {
  const { directory, node, product, segmentBytes = 16 << 20, segmentsMax = 64, pendingBytesMax = 32 << 20 } = options
  if (!NODE.test(node)) throw new RangeError('node: 1 to 64 of A-Z a-z 0-9 _ -, not starting with _ or -')
  if (segmentBytes < 64 << 10) throw new RangeError('segmentBytes: at least 64 KiB')
  if (segmentsMax < 3) throw new RangeError('segmentsMax: at least 3: one in use, one next, one in reserve')
  const { disk = spoolDisk, onFault = () => undefined } = options
  const spool = await Spool.open({ directory, node, segmentBytes, segmentsMax, pendingBytesMax, disk, onFault })
  const encode = recordEncoder(node, spool.epoch, product)
  const idStart = `${node}.${spool.epoch}.`

  function record(entry: DecisionEntry, refusal: boolean, onDurable: () => void): string {
    const sequence = spool.nextSequence
    spool.append(encode(entry, sequence), refusal, onDurable)
    return idStart + sequence
  }

  return {
    node,
    epoch: spool.epoch,
    spool,
    nextDecisionId: () => idStart + spool.nextSequence,
    append: (entry, onDurable) => record(entry, false, onDurable),
    appendRefusal: (entry, onDurable) => record(entry, true, onDurable),
    close: () => spool.close(),
  }
}
