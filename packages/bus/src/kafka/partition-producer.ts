import { unavailable } from '@gatehouse/errors'
import type { Message, Producer } from 'kafkajs'
import type { Logger } from '../logger.ts'
import { within } from '../pause.ts'

const waitingMax = 256
const disconnectMs = 2_000

export interface PartitionProducerOptions {
  readonly topic: string
  /** Makes a kafkajs producer that is not connected. */
  readonly newProducer: () => Producer
  /** From the call to the acknowledgement of all in-sync replicas, waiting for earlier sends not counted. */
  readonly deadlineMs: number
  readonly logger: Logger
}

export interface PartitionProducer {
  /**
   * Resolves when every in-sync replica has the messages. Sends are done one after another, in order.
   * @throws GatehouseError UNAVAILABLE when that is not known: send again, the messages may then be there twice.
   */
  send(partition: number, messages: readonly Message[]): Promise<void>
  close(): Promise<void>
}

/**
 * Sends to one partition at a time: a kafkajs send over several loses messages and reports success when a leader
 * moves meanwhile (tulios/kafkajs #1303). And after any failure the producer is replaced: one whose producer id was
 * never given, or has become invalid, stays useless for ever (#598), and its sequence numbers are unknown.
 */
export function createPartitionProducer(options: PartitionProducerOptions): PartitionProducer {
  const { topic, newProducer, deadlineMs, logger } = options
  let current: Producer | undefined
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  let closed = false

  const connected = async (): Promise<Producer> => {
    if (current) return current
    const producer = newProducer()
    try {
      await producer.connect()
    } catch (error) {
      discard(producer)
      throw error
    }
    current = producer
    return producer
  }
  const discard = (producer: Producer | undefined) => {
    if (current === producer) current = undefined
    // disconnect() can hang (#1168); what the producer still retries ends after a few attempts.
    if (producer) within(disconnectMs, 'disconnect', producer.disconnect()).catch(() => {})
  }
  const sendNow = async (partition: number, messages: readonly Message[]) => {
    const timeout = Math.max(1, deadlineMs - 500)
    const explicit = messages.map((message) => ({ ...message, partition }))
    const attempt = connected().then((producer) => producer.send({ topic, acks: -1, timeout, messages: explicit }))
    try {
      const reply = await within(deadlineMs, `sending to ${topic}`, attempt)
      const [only, ...others] = reply
      const named = only?.topicName === topic && only.partition === partition && only.errorCode === 0
      if (!named || others.length > 0) throw new Error(`the reply does not name partition ${partition} alone`)
    } catch (error) {
      discard(current)
      // A connect that ends after the deadline must not leave a connection behind.
      attempt.catch(() => {})
      logger.warn({ err: error, topic, partition, count: messages.length }, 'kafka did not acknowledge')
      throw unavailable('KAFKA_UNAVAILABLE', `${topic} does not acknowledge: ${reasonOf(error)}`, error)
    }
  }
  const send = (partition: number, messages: readonly Message[]) => {
    if (closed) return Promise.reject(unavailable('PRODUCER_CLOSED', `the producer of ${topic} is closed`))
    if (waiting >= waitingMax) return Promise.reject(unavailable('KAFKA_BUSY', `${waitingMax} sends wait for ${topic}`))
    waiting++
    const done = last.then(() => sendNow(partition, messages)).finally(() => waiting--)
    last = done.catch(() => {})
    return done
  }
  const close = async () => {
    closed = true
    await last
    const producer = current
    current = undefined
    await within(disconnectMs, 'disconnect', producer?.disconnect() ?? Promise.resolve()).catch(() => {})
  }
  return { send, close }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
