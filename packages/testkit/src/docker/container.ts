import { GenericContainer, getContainerRuntimeClient, Wait } from 'testcontainers'
import { type KillMode, type Life, type Server, startServer } from '../server.ts'

export interface ContainerOptions {
  readonly image: string
  /** Ports inside → ports of this machine, which stay the same over a restart. */
  readonly ports: Readonly<Record<number, number>>
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly user?: string
  /** A network's name, and the host name in it. */
  readonly network?: { readonly name: string; readonly host: string }
  readonly signals: Readonly<Record<KillMode, NodeJS.Signals>>
  /** Resolves when the server answers. */
  ready(): Promise<unknown>
}

/** A container as a server that can be killed and started again on its data. */
export async function startContainer(options: ContainerOptions): Promise<Server> {
  const { container: client } = await getContainerRuntimeClient()
  let id: string | undefined
  return startServer({
    source: 'docker',
    signals: options.signals,
    async launch() {
      if (id) await client.getById(id).start()
      else id = (await definition(options).start()).getId()
      const container = client.getById(id)
      await Promise.race([options.ready(), earlyEnd(options.image, container)])
      return life(container)
    },
    async release() {
      if (id) await client.getById(id).remove({ force: true, v: true })
    },
  })
}

type Container = ReturnType<Awaited<ReturnType<typeof getContainerRuntimeClient>>['container']['getById']>

/** Rejects, with the end of its log, when the container ends before it answers. */
async function earlyEnd(image: string, container: Container): Promise<never> {
  const { StatusCode } = await container.wait()
  const log = String(await container.logs({ stdout: true, stderr: true, tail: 8 }))
  throw new Error(`${image} ended with code ${StatusCode} before it answered: ${log.replaceAll(/[^\x20-\x7e\n]/g, '')}`)
}

function life(container: Container): Life {
  let paused = false
  const resume = async () => {
    if (paused) await container.unpause()
    paused = false
  }
  return {
    exited: container.wait(),
    resume,
    async pause() {
      await container.pause()
      paused = true
    },
    async signal(signal) {
      await resume() // the engine sends no signal to a paused container
      await container.kill({ signal })
    },
  }
}

function definition(options: ContainerOptions): GenericContainer {
  const container = new GenericContainer(options.image)
    .withExposedPorts(...Object.entries(options.ports).map(([inside, host]) => ({ container: Number(inside), host })))
    .withEnvironment({ ...options.environment })
    .withWaitStrategy(Wait.forLogMessage(/./)) // a sign of life: whether it answers we ask with the real client
    .withStartupTimeout(120_000)
  if (options.command) container.withCommand([...options.command])
  if (options.user) container.withUser(options.user)
  if (options.network) container.withNetworkMode(options.network.name).withNetworkAliases(options.network.host)
  return container
}

/** The name or address by which this machine reaches published ports. */
export async function dockerHost(): Promise<string> {
  return (await getContainerRuntimeClient()).info.containerRuntime.host
}
