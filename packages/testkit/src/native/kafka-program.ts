import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { onPath, runProgram } from './program.ts'
import { fetchOnce } from './workspace.ts'

const advice = 'or set GATEHOUSE_KAFKA_BROKERS or start Docker'

export interface KafkaProgram {
  /** Of both, with their versions. */
  readonly name: string
  readonly java: string
  /** What stands before the class and its arguments. */
  readonly jvm: readonly string[]
}

/** Java 17 or later of this machine, and Kafka with what it needs from Maven Central, fetched the first time. */
export async function kafkaProgram(): Promise<KafkaProgram> {
  const { java, version } = await findJava()
  const folder = await fetchOnce('kafka-4.1.1', async (part) => {
    const mvn = await onPath('mvn')
    if (!mvn) throw new Error(`Kafka is missing and Maven (mvn), which fetches it, too: install Maven, ${advice}`)
    process.stderr.write('testkit: fetching Kafka 4.1.1 from Maven Central\n')
    const pom = join(import.meta.dirname, 'kafka-pom.xml')
    await runProgram(mvn, ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${part}`])
  })
  const jars = (await readdir(folder)).filter((name) => name.endsWith('.jar')).sort()
  const logging = `-Dlog4j2.configurationFile=${join(import.meta.dirname, 'kafka-log4j2.xml')}`
  const classpath = jars.map((name) => join(folder, name)).join(':')
  return {
    name: `kafka-4.1.1-java-${version}`,
    java,
    jvm: ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', logging, '-cp', classpath],
  }
}

async function findJava(): Promise<{ readonly java: string; readonly version: string }> {
  const home = process.env['JAVA_HOME']
  const java = home ? join(home, 'bin', 'java') : await onPath('java')
  if (!java) throw new Error(`Kafka needs Java 17 or later and no java is on the PATH: install it, ${advice}`)
  const [, version = ''] = /version "([\w.+-]+)"/.exec(await runProgram(java, ['-version'])) ?? []
  const major = Number.parseInt(version, 10)
  if (!(major >= 17)) throw new Error(`Kafka needs Java 17 or later and ${java} is ${major}: install it, ${advice}`)
  return { java, version }
}
