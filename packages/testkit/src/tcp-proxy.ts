import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './free-port.ts'
import { Valve } from './valve.ts'

export interface TcpProxyOptions {
  /** Where connections go: a port on 127.0.0.1, `HOST:PORT`, or a URL with a port. */
  readonly to: number | string
  /** Where it listens on 127.0.0.1; a free one when absent. */
  readonly port?: number
}

/** A TCP link that can go wrong in the ways that networks do. Every fault lasts until `heal`. */
export interface TcpProxy extends AsyncDisposable {
  readonly port: number
  /** `127.0.0.1:PORT`. */
  readonly address: string
  /** Connections open now. */
  readonly open: number
  /** Connections taken since the start. */
  readonly accepted: number
  /** Ends every connection in order (FIN) and refuses new ones. */
  cut(): Promise<void>
  /** Ends every connection with RST; new ones are taken. */
  reset(): void
  /** A black hole: connections stay open and new ones are taken, but no byte passes. Kept bytes pass on `resume`. */
  pause(direction?: Direction): void
  resume(): void
  /** The server's side of every connection is gone and the client is not told: what it sends is swallowed. */
  halfOpen(): void
  /** Every byte arrives so much later, in order, in each direction. */
  delay(ms: number): void
  /** In each direction of each connection. */
  slow(bytesPerSecond: number): void
  /** Undoes every fault; connections that are gone stay gone. */
  heal(): Promise<void>
  stop(): Promise<void>
}

export type Direction = 'to-server' | 'to-client' | 'both'

interface Link {
  readonly client: Socket
  readonly server: Socket
}

/** Starts a proxy on 127.0.0.1. */
export async function startTcpProxy(options: TcpProxyOptions): Promise<TcpProxy> {
  const target = parseTarget(options.to)
  const port = options.port ?? (await freePort())
  const valves = { 'to-server': new Valve(), 'to-client': new Valve() }
  const both = Object.values(valves)
  const links = new Set<Link>()
  let accepted = 0
  let listener: Server | undefined

  const accept = (client: Socket) => {
    accepted++
    const link = { client, server: connect({ ...target, allowHalfOpen: true, noDelay: true }) }
    client.setNoDelay(true)
    links.add(link)
    for (const socket of [link.client, link.server]) {
      socket.on('error', () => {})
      socket.on('close', () => link.client.destroyed && link.server.destroyed && links.delete(link))
    }
    valves['to-server'].join(link.client, link.server)
    valves['to-client'].join(link.server, link.client)
  }
  const listen = async () => {
    if (listener) return
    const server = createServer({ allowHalfOpen: true }, accept)
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
    listener = server
  }
  const close = async () => {
    const closing = listener
    listener = undefined
    for (const { client, server } of links) for (const socket of [client, server]) socket.destroy()
    if (closing) await new Promise((resolve) => closing.close(resolve))
  }
  await listen()
  return {
    port,
    address: `127.0.0.1:${port}`,
    get open() {
      return links.size
    },
    get accepted() {
      return accepted
    },
    async cut() {
      for (const { client, server } of links) for (const socket of [client, server]) socket.end()
      await sleep(0) // lets the FIN leave before the sockets are destroyed
      await close()
    },
    reset() {
      for (const { client, server } of links) for (const socket of [client, server]) socket.resetAndDestroy()
    },
    pause(direction = 'both') {
      for (const valve of direction === 'both' ? both : [valves[direction]]) valve.shut()
    },
    resume() {
      for (const valve of both) valve.open()
    },
    halfOpen() {
      for (const { client, server } of links) {
        server.destroy()
        client.resume()
      }
    },
    delay(ms) {
      for (const valve of both) valve.delayMs = ms
    },
    slow(bytesPerSecond) {
      for (const valve of both) valve.bytesPerSecond = bytesPerSecond
    },
    async heal() {
      for (const valve of both) valve.reset()
      await listen()
    },
    stop: close,
    [Symbol.asyncDispose]: close,
  }
}

function parseTarget(to: number | string): { host: string; port: number } {
  if (typeof to === 'number') return { host: '127.0.0.1', port: to }
  const url = new URL(to.includes('://') ? to : `tcp://${to}`)
  if (!url.port) throw new TypeError(`a port is missing in ${to}`)
  return { host: url.hostname, port: Number(url.port) }
}
