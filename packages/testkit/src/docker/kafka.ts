import { Network } from 'testcontainers'
import { freePort } from '../free-port.ts'
import { type KafkaCluster, type KafkaOptions, kafkaAnswers, kafkaCluster, startBrokers } from '../kafka.ts'
import { type BrokerAddress, brokerProperties, clusterId } from '../kafka-properties.ts'
import type { Server } from '../server.ts'
import { dockerHost, startContainer } from './container.ts'

export async function dockerKafka(options: KafkaOptions): Promise<KafkaCluster> {
  const network = await new Network().start()
  const host = await dockerHost()
  const published: number[] = []
  const cluster: BrokerAddress[] = []
  for (let index = 0; index < (options.brokers ?? 1); index++) {
    const port = options.ports?.[index] ?? (await freePort())
    const advertised = options.advertised?.[index] ?? `${host}:${port}`
    published.push(port)
    const ports = { clientPort: 9092, brokerPort: 9094, controllerPort: 9093 }
    cluster.push({ node: index + 1, bind: '0.0.0.0', host: `kafka-${index + 1}`, ...ports, advertised })
  }
  const start = (broker: BrokerAddress, index: number): Promise<Server> =>
    startContainer({
      image: 'apache/kafka:4.1.1',
      user: 'root', // it writes its configuration into a file that not every build lets its own user write
      ports: { 9092: published[index] as number },
      network: { name: network.getName(), host: broker.host },
      environment: { CLUSTER_ID: clusterId, KAFKA_HEAP_OPTS: '-Xmx320m', ...variables(broker, cluster) },
      signals: { immediate: 'SIGKILL', fast: 'SIGTERM' },
      ready: () => kafkaAnswers([`${host}:${published[index]}`], cluster.length, `Kafka broker ${broker.node}`),
    })
  try {
    const servers = await startBrokers(cluster.map(start))
    const brokers = cluster.map((broker) => broker.advertised)
    return kafkaCluster(brokers, servers, async () => void (await network.stop()))
  } catch (error) {
    await network.stop()
    throw error
  }
}

/** As the image takes them: a.b is KAFKA_A_B. */
function variables(broker: BrokerAddress, cluster: readonly BrokerAddress[]): Record<string, string> {
  const properties = Object.entries({ ...brokerProperties(broker, cluster), 'log.dirs': '/var/lib/kafka/data' })
  return Object.fromEntries(
    properties.map(([name, value]) => [`KAFKA_${name.toUpperCase().replaceAll('.', '_')}`, value]),
  )
}
