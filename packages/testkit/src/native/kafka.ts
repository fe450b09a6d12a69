import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../free-port.ts'
import { type KafkaCluster, type KafkaOptions, kafkaAnswers, kafkaCluster, startBrokers } from '../kafka.ts'
import { type BrokerAddress, brokerProperties, clusterId } from '../kafka-properties.ts'
import { type Server, startServer } from '../server.ts'
import { type KafkaProgram, kafkaProgram } from './kafka-program.ts'
import { startProcess } from './process-life.ts'
import { runProgram } from './program.ts'
import { fetchOnce, openWorkspace } from './workspace.ts'

export async function nativeKafka(options: KafkaOptions): Promise<KafkaCluster> {
  const program = await withArchive(await kafkaProgram())
  const cluster = await addresses(options)
  const servers = await startBrokers(cluster.map((broker) => startBroker(program, broker, cluster, options.directory)))
  return kafkaCluster(
    cluster.map((broker) => broker.advertised),
    servers,
  )
}

/** A JVM that has Kafka's classes from an archive of a JVM before it starts in two thirds of the time. */
async function withArchive(program: KafkaProgram): Promise<KafkaProgram> {
  const file = 'classes.jsa'
  const folder = await fetchOnce(`${program.name}-classes`, async (part) => {
    const jvm = [...program.jvm, `-XX:ArchiveClassesAtExit=${join(part, file)}`]
    const [broker] = await addresses({})
    if (!broker) return
    await using server = await startBroker({ ...program, jvm }, broker, [broker], undefined)
    await server.kill('fast')
  })
  return { ...program, jvm: [...program.jvm, `-XX:SharedArchiveFile=${join(folder, file)}`] }
}

async function addresses(options: KafkaOptions): Promise<BrokerAddress[]> {
  const list: BrokerAddress[] = []
  for (let index = 0; index < (options.brokers ?? 1); index++) {
    const clientPort = options.ports?.[index] ?? (await freePort())
    const advertised = options.advertised?.[index] ?? `127.0.0.1:${clientPort}`
    const [brokerPort, controllerPort] = [await freePort(), await freePort()]
    const [bind, host] = ['127.0.0.1', '127.0.0.1']
    list.push({ node: index + 1, bind, host, clientPort, brokerPort, controllerPort, advertised })
  }
  return list
}

async function startBroker(
  program: KafkaProgram,
  broker: BrokerAddress,
  cluster: readonly BrokerAddress[],
  kept: string | undefined,
): Promise<Server> {
  const name = `kafka-${broker.node}`
  const workspace = await openWorkspace(name, kept && join(kept, name))
  const file = join(workspace.directory, 'server.properties')
  const properties = { ...brokerProperties(broker, cluster), 'log.dirs': join(workspace.directory, 'data') }
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}`)
  await writeFile(file, `${lines.join('\n')}\n`)
  const format = [
    'kafka.tools.StorageTool',
    'format',
    '--cluster-id',
    clusterId,
    '--config',
    file,
    '--ignore-formatted',
  ]
  await runProgram(program.java, ['-Xmx128m', ...program.jvm, ...format])
  return startServer({
    source: 'native',
    signals: { immediate: 'SIGKILL', fast: 'SIGTERM' },
    release: workspace.release,
    launch: () =>
      startProcess({
        name,
        command: program.java,
        args: ['-Xmx320m', ...program.jvm, 'kafka.Kafka', file],
        workspace,
        lastSignal: 'SIGKILL',
        ready: () => kafkaAnswers([`127.0.0.1:${broker.clientPort}`], cluster.length, `Kafka broker ${broker.node}`),
      }),
  })
}
