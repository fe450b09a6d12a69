import type { FetchedMessage } from 'kafkajs/src/cluster/index.js'
import type { Logger } from '../logger.ts'
import { Backoff } from '../pause.ts'
import {
  connectPartition,
  type OffsetRange,
  type PartitionAddress,
  type PartitionConnection,
} from './partition-connection.ts'

/** A partition no longer holds the record that we must read next: records are gone, or it is another topic now. */
export class OffsetJump extends Error {
  override readonly name = 'OffsetJump'
  readonly topic: string
  readonly partition: number
  /** The offset that had to come next. */
  readonly expected: bigint
  /** What the partition holds. */
  readonly held: OffsetRange

  constructor({ topic, partition }: PartitionAddress, expected: bigint, held: OffsetRange) {
    super(`${topic}/${partition} holds offsets ${held.earliest} to ${held.latest}: ${expected} is not among them`)
    this.topic = topic
    this.partition = partition
    this.expected = expected
    this.held = held
  }
}

export interface PartitionReaderOptions extends PartitionAddress {
  readonly logger: Logger
  readonly signal: AbortSignal
  /** Where to begin, once, from what the partition holds. */
  start(held: OffsetRange): bigint | Promise<bigint>
  /** Called again after every loss of the connection. */
  onUp?(): void
  onDown?(): void
  /** Records in order without a gap; the next ones come when it resolves, from the offset that it answers. */
  onRecords(records: readonly FetchedMessage[], next: bigint): Promise<bigint>
}

/**
 * Reads a partition until the signal is aborted. After any error it connects anew and goes on at the same offset.
 * @throws OffsetJump, never to be passed over in silence. Errors of `start` and `onRecords` pass through too.
 */
export async function readPartition(options: PartitionReaderOptions): Promise<void> {
  const { signal, logger, topic, partition } = options
  const backoff = new Backoff()
  let next: bigint | undefined
  while (!signal.aborted) {
    const connection = await orUndefined(connectPartition(options, logger), (err) =>
      logger.warn({ err, topic, partition }, 'cannot connect to kafka'),
    )
    if (connection) {
      try {
        next = await readConnection(options, connection, next, (reached) => {
          next = reached
          backoff.reset()
        })
      } finally {
        options.onDown?.()
        await connection.close()
      }
    }
    await backoff.pause(signal)
  }
}

/** Reads until the connection fails or the signal is aborted; answers the offset to go on from. */
async function readConnection(
  options: PartitionReaderOptions,
  connection: PartitionConnection,
  from: bigint | undefined,
  reached: (next: bigint) => void,
): Promise<bigint | undefined> {
  const { signal, logger, topic, partition } = options
  const failed = (err: unknown) => {
    if (!signal.aborted) logger.warn({ err, topic, partition, next: String(from) }, 'the kafka connection failed')
  }
  const held = await orUndefined(connection.offsets(), failed)
  if (!held) return from
  let next = from ?? (await options.start(held))
  if (next < held.earliest || next > held.latest) throw new OffsetJump(options, next, held)
  options.onUp?.()
  while (!signal.aborted) {
    const records = await orUndefined(connection.fetch(next), failed)
    if (!records) return next
    const gap = records.findIndex((record, index) => BigInt(record.offset) !== next + BigInt(index))
    if (gap >= 0) throw new OffsetJump(options, next + BigInt(gap), held)
    if (records.length > 0) next = await options.onRecords(records, next + BigInt(records.length))
    reached(next)
  }
  return next
}

async function orUndefined<Value>(work: Promise<Value>, failed: (error: unknown) => void): Promise<Value | undefined> {
  try {
    return await work
  } catch (error) {
    failed(error)
    return undefined
  }
}
