import '@gatehouse/bus/kafkajs-repair'
import { Kafka, logLevel } from 'kafkajs'
import { nativeKafka } from './native/kafka.ts'
import { givenServer, givenTimeoutMs, type Server } from './server.ts'
import { fromDockerOrNative } from './source.ts'
import { waitFor } from './wait-for.ts'

export interface KafkaOptions {
  /** Default 1. */
  readonly brokers?: 1 | 3
  /** HOST:PORT of each broker that clients are told instead of its own, for a proxy in between. */
  readonly advertised?: readonly string[]
  /** The port that each broker listens on for clients, where a proxy must know it before. */
  readonly ports?: readonly number[]
  /** Keeps the data there, for the next start; on this machine's Java then, whether Docker is there or not. */
  readonly directory?: string
}

export interface KafkaCluster extends AsyncDisposable {
  readonly source: Server['source']
  /** HOST:PORT of each, for clients. */
  readonly brokers: readonly string[]
  /** One of them, from 0. Its `stop` leaves the others running. */
  broker(index: number): Server
  stop(): Promise<void>
}

/** Kafka from `GATEHOUSE_KAFKA_BROKERS` (HOST:PORT,HOST:PORT), else in Docker, else on this machine's Java. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaCluster> {
  const given = process.env['GATEHOUSE_KAFKA_BROKERS']
  if (given) {
    const brokers = given.split(',').map((each) => each.trim())
    await kafkaAnswers(brokers, 1, 'GATEHOUSE_KAFKA_BROKERS names brokers that answer', givenTimeoutMs)
    return kafkaCluster(brokers, [givenServer('GATEHOUSE_KAFKA_BROKERS')])
  }
  if (options.directory !== undefined) return nativeKafka(options)
  return fromDockerOrNative('Kafka', {
    docker: async () => (await import('./docker/kafka.ts')).dockerKafka(options),
    native: () => nativeKafka(options),
  })
}

/** Waits for all brokers of a cluster to start; when one does not, the others are stopped. */
export async function startBrokers(starts: readonly Promise<Server>[]): Promise<Server[]> {
  try {
    return await Promise.all(starts)
  } catch (error) {
    for (const start of await Promise.allSettled(starts)) if (start.status === 'fulfilled') await start.value.stop()
    throw error
  }
}

export function kafkaCluster(
  brokers: readonly string[],
  servers: readonly Server[],
  release: () => Promise<void> = async () => {},
): KafkaCluster {
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()))
    await release()
  }
  return {
    source: servers[0]?.source ?? 'environment',
    brokers,
    broker(index) {
      const server = servers[servers.length === 1 ? 0 : index]
      if (!server) throw new RangeError(`there is no broker ${index}: the cluster has ${servers.length}, from 0`)
      return server
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** Waits until a cluster of so many brokers has a controller and answers. */
export async function kafkaAnswers(
  brokers: readonly string[],
  count: number,
  what: string,
  timeoutMs = 60_000,
): Promise<void> {
  await waitFor(() => hasBrokers(brokers, count), { what, timeoutMs, intervalMs: 100 })
}

async function hasBrokers(brokers: readonly string[], count: number): Promise<boolean> {
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING, retry: { retries: 0 } })
  const admin = kafka.admin()
  try {
    await admin.connect()
    const cluster = await admin.describeCluster()
    return cluster.brokers.length >= count && cluster.controller !== null
  } finally {
    await admin.disconnect()
  }
}
