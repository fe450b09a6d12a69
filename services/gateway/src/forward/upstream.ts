import net from 'node:net'
import tls from 'node:tls'
import { deadlines, type Waiting } from '../http1/deadlines.ts'
import type { ForwardFailure } from '../http1/exchange.ts'
import { FREEABLE_BYTES } from '../http1/free-memory.ts'
import { UpstreamConnection } from './upstream-connection.ts'

export interface UpstreamOptions {
  readonly host: string
  readonly port: number
  /** HTTPS; `servername` defaults to the host. */
  readonly tls?: Pick<tls.ConnectionOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>
  /** The Host header; `host:port` without the default port when absent. */
  readonly authority?: string
  readonly connectionsMax?: number
  /** Requests that wait for a connection. */
  readonly waitingMax?: number
  /** How long an unused connection is kept; less than the upstream keeps it. */
  readonly idleMs?: number
  /** To connect, TLS included; also how long a request waits for a connection. */
  readonly connectMs?: number
  /** From the whole request to the response head. */
  readonly headMs?: number
  /** Between two moves of a body, either way. */
  readonly bodyIdleMs?: number
}

/** Who wants a connection. Exactly one of the two is called, perhaps at once. */
export interface Borrower {
  connected(connection: UpstreamConnection): void
  notConnected(failure: ForwardFailure): void
}

const defaults = {
  connectionsMax: 256,
  waitingMax: 1024,
  idleMs: 4000,
  connectMs: 2000,
  headMs: 30_000,
  bodyIdleMs: 30_000,
} as const

/** What sockets are read into: a head with what follows it, and the rest of a body, in few pieces. */
const headBuffer = Buffer.allocUnsafeSlow(FREEABLE_BYTES)
const bodyBuffer = Buffer.allocUnsafeSlow(262_144)

/** One upstream and its kept connections: the last used is used first, so that the rest can go. */
export class Upstream {
  readonly authority: string
  readonly headMs: number
  readonly bodyIdleMs: number
  readonly #options: UpstreamOptions & Required<Pick<UpstreamOptions, keyof typeof defaults>>
  readonly #idle: UpstreamConnection[] = []
  readonly #waiting = new Set<WaitingBorrower>()
  readonly #connected = new Set<UpstreamConnection>()
  #open = 0
  #closed = false

  constructor(options: UpstreamOptions) {
    this.#options = { ...defaults, ...options }
    const defaultPort = options.tls === undefined ? 80 : 443
    const host = net.isIPv6(options.host) ? `[${options.host}]` : options.host
    this.authority = options.authority ?? (options.port === defaultPort ? host : `${host}:${options.port}`)
    this.headMs = this.#options.headMs
    this.bodyIdleMs = this.#options.bodyIdleMs
  }

  /** Connections, opening ones included. */
  get connections(): number {
    return this.#open
  }

  /** @param fresh a connection that has carried no request */
  borrow(borrower: Borrower, fresh: boolean): void {
    const connection = fresh ? undefined : this.#takeIdle()
    if (connection !== undefined) {
      borrower.connected(connection)
      return
    }
    if (this.#open < this.#options.connectionsMax || this.#dropIdle()) this.#connect(borrower)
    else if (this.#waiting.size < this.#options.waitingMax) this.#wait(borrower)
    else borrower.notConnected('upstream_busy')
  }

  /** Gives back a connection on which both messages were whole. */
  giveBack(connection: UpstreamConnection): void {
    connection.reused = true
    if (this.#closed || !connection.alive) {
      connection.destroy()
      return
    }
    const next = this.#nextWaiting()
    if (next !== undefined) {
      next.connected(connection)
      return
    }
    connection.idle(this.#options.idleMs)
    this.#idle.push(connection)
  }

  /**
   * What was sent then has met with silence. The network may have forgotten more than that one connection: those that
   * were kept since before are not tried one after the other, at the price of a time-out each.
   */
  distrust(sentAtMs: number): void {
    for (
      let [oldest] = this.#idle;
      oldest && oldest.deadline < sentAtMs + this.#options.idleMs;
      [oldest] = this.#idle
    ) {
      this.#idle.shift()
      oldest.destroy()
    }
  }

  /** Ends the kept connections now, the others when their request is done. */
  close(): void {
    this.#closed = true
    for (const connection of this.#idle.splice(0)) connection.destroy()
  }

  /** Ends every connection. */
  destroy(): void {
    this.close()
    for (const connection of this.#connected) connection.destroy()
  }

  #takeIdle(): UpstreamConnection | undefined {
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (connection.alive) return connection
    }
    return undefined
  }

  #dropIdle(): boolean {
    const connection = this.#idle.shift()
    connection?.destroy()
    return connection !== undefined
  }

  #nextWaiting(): Borrower | undefined {
    if (this.#waiting.size === 0) return undefined
    for (const waiting of this.#waiting) {
      this.#forget(waiting)
      return waiting.borrower
    }
    return undefined
  }

  #wait(borrower: Borrower): void {
    const waiting: WaitingBorrower = {
      borrower,
      deadline: performance.now() + this.#options.connectMs,
      expire: () => {
        this.#forget(waiting)
        borrower.notConnected('upstream_busy')
      },
    }
    this.#waiting.add(waiting)
    deadlines.add(waiting)
  }

  #forget(waiting: WaitingBorrower): void {
    this.#waiting.delete(waiting)
    deadlines.delete(waiting)
  }

  #connect(borrower: Borrower): void {
    this.#open++
    let connection: UpstreamConnection | undefined
    // One buffer for all reads, and a copy of what came, costs less than a new buffer of that size for each.
    const buffer = () => (connection?.inBody ? bodyBuffer : headBuffer)
    const callback = (length: number, bytes: Uint8Array) => {
      const chunk = length < FREEABLE_BYTES ? Buffer.allocUnsafe(length) : Buffer.allocUnsafeSlow(length)
      chunk.set(length === bytes.length ? bytes : bytes.subarray(0, length))
      // Nobody has asked yet.
      if (connection === undefined) socket.destroy()
      else connection.read(chunk)
      return true
    }
    const socket = this.#openSocket({ buffer, callback })
    let failure: ForwardFailure = 'upstream_connect_failed'
    const timeout: Waiting = {
      deadline: performance.now() + this.#options.connectMs,
      expire: () => {
        failure = 'upstream_connect_timeout'
        socket.destroy()
      },
    }
    deadlines.add(timeout)
    const onError = () => socket.destroy()
    const onClose = () => {
      deadlines.delete(timeout)
      this.#gone()
      borrower.notConnected(failure)
    }
    socket.once('error', onError)
    socket.once('close', onClose)
    socket.once(this.#options.tls === undefined ? 'connect' : 'secureConnect', () => {
      deadlines.delete(timeout)
      socket.off('error', onError)
      socket.off('close', onClose)
      connection = this.#adopt(socket)
      borrower.connected(connection)
    })
  }

  #openSocket(onread: net.OnReadOpts): net.Socket {
    const { host, port } = this.#options
    const options = { host, port, noDelay: true, keepAlive: true, onread }
    if (this.#options.tls === undefined) return net.connect(options)
    const servername = net.isIP(host) === 0 ? host : ''
    return tls.connect({ servername, ALPNProtocols: ['http/1.1'], ...this.#options.tls, ...options })
  }

  #adopt(socket: net.Socket): UpstreamConnection {
    const connection = new UpstreamConnection(socket)
    this.#connected.add(connection)
    connection.onGone = () => {
      this.#connected.delete(connection)
      const at = this.#idle.indexOf(connection)
      if (at >= 0) this.#idle.splice(at, 1)
      this.#gone()
    }
    return connection
  }

  /** A connection has ended: its place is for whoever waits longest. */
  #gone(): void {
    this.#open--
    const next = this.#nextWaiting()
    if (next !== undefined) this.#connect(next)
  }
}

interface WaitingBorrower extends Waiting {
  readonly borrower: Borrower
}
