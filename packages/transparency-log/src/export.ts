import { type Checkpoint, CheckpointRefused, openCheckpoint } from './checkpoint.ts'
import { Frontier } from './frontier.ts'
import { leafHash } from './hash.ts'

/** An export is not what the checkpoint says that the log holds. */
export class ExportRefused extends Error {
  override readonly name = 'ExportRefused'
}

/** What an export is verified against. */
export interface Trust {
  readonly verifierKey: string
  /** Checkpoints that were taken before: the log must still begin with what it had at each. */
  readonly earlier?: readonly string[]
}

export interface ExportVerdict {
  readonly checkpoint: Checkpoint
  /** Position of the first record in the export; those before it are gone from the log, their hashes are not. */
  readonly firstPosition: number
  readonly records: number
}

/**
 * The first line of an export; the records follow in the order of the log, a line each, exactly as they were stored.
 * @param peaks of the tree that the records before `firstPosition` make
 */
export function exportHeader(checkpoint: string, firstPosition: number, peaks: readonly Uint8Array[]): string {
  const encoded = peaks.map((peak) => Buffer.from(peak).toString('base64'))
  return JSON.stringify({ checkpoint, first_position: firstPosition, peaks: encoded })
}

/**
 * Verifies an export by itself: that its records, each byte and their order, are those that the checkpoint is signed for.
 * @throws ExportRefused or CheckpointRefused, which say what is wrong
 */
export async function verifyExport(
  lines: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { verifierKey, earlier = [] }: Trust,
): Promise<ExportVerdict> {
  const before = earlier.map((note) => openCheckpoint(note, verifierKey))
  let header: Header | undefined
  for await (const line of lines) {
    if (!header) {
      header = readHeader(line, verifierKey)
      checkEarlier(header, before)
      continue
    }
    header.frontier.append(leafHash(line))
    if (header.frontier.size > header.checkpoint.size) throw new ExportRefused('more records than its checkpoint says')
    checkEarlier(header, before)
  }
  if (!header) throw new ExportRefused('it is empty')
  const { frontier, checkpoint, firstPosition } = header
  if (frontier.size < checkpoint.size)
    throw new ExportRefused(`${checkpoint.size - frontier.size} records are missing at its end`)
  if (!frontier.root().equals(checkpoint.root))
    throw new ExportRefused('its records are not those that were signed for')
  if (before.some(({ size }) => size > checkpoint.size))
    throw new ExportRefused('it is older than an earlier checkpoint')
  return { checkpoint, firstPosition, records: frontier.size - firstPosition + 1 }
}

interface Header {
  readonly checkpoint: Checkpoint
  readonly firstPosition: number
  readonly frontier: Frontier
}

function readHeader(line: Uint8Array, verifierKey: string): Header {
  try {
    const {
      checkpoint,
      first_position: first,
      peaks,
    } = JSON.parse(Buffer.from(line).toString()) as Record<string, unknown>
    if (typeof checkpoint !== 'string' || typeof first !== 'number' || !Array.isArray(peaks))
      throw new RangeError('a field')
    const hashes = peaks.map((peak) => Buffer.from(String(peak), 'base64'))
    if (exportHeader(checkpoint, first, hashes) !== Buffer.from(line).toString())
      throw new RangeError('another spelling')
    const frontier = new Frontier(first - 1, hashes)
    return { checkpoint: openCheckpoint(checkpoint, verifierKey), firstPosition: first, frontier }
  } catch (error) {
    if (error instanceof CheckpointRefused) throw error
    throw new ExportRefused('its first line is no header', { cause: error })
  }
}

/** Asked for at each size that the tree passes through. */
function checkEarlier({ frontier, firstPosition }: Header, earlier: readonly Checkpoint[]): void {
  for (const { size, root } of earlier) {
    if (size === frontier.size && !frontier.root().equals(root))
      throw new ExportRefused(`the first ${size} records are not those of an earlier checkpoint`)
    if (size < firstPosition - 1)
      throw new ExportRefused(
        `it begins at ${firstPosition}: that the log has grown from ${size} is shown by a consistency proof`,
      )
  }
}
