import { once } from 'node:events'
import net from 'node:net'
import { setImmediate } from 'node:timers/promises'
import tls from 'node:tls'
import { ServerConnection } from './connection.ts'
import type { Http1Handler } from './exchange.ts'
import { defaultLimits, type Http1Limits } from './limits.ts'

export interface Http1ServerOptions {
  readonly handler: Http1Handler
  readonly limits?: Partial<Http1Limits>
  /** HTTPS; `requestCert` and `ca` for client certificates. */
  readonly tls?: tls.SecureContextOptions & { readonly requestCert?: boolean; readonly rejectUnauthorized?: boolean }
  /** Proxies in front of this server whose `X-Forwarded-*` are believed; default 0. */
  readonly trustedProxies?: number
  /** A connection could not be accepted (no file descriptors left, a failed handshake); the server goes on. */
  readonly onError?: (error: Error) => void
}

/** What the connections of one server share. */
export interface ConnectionContext {
  readonly handler: Http1Handler
  readonly limits: Http1Limits
  /** How many proxies in front of us are believed about the client's address. */
  readonly trustedProxies: number
  readonly connections: Set<ServerConnection>
}

/** HTTP/1.1 over TCP or TLS. Hands whole, valid requests to its handler; knows nothing of what they mean. */
export class Http1Server {
  readonly #server: net.Server | tls.Server
  readonly #connections = new Set<ServerConnection>()
  #draining = false

  constructor(options: Http1ServerOptions) {
    const limits: Http1Limits = { ...defaultLimits, ...options.limits }
    const { handler, trustedProxies = 0 } = options
    const context: ConnectionContext = { handler, limits, trustedProxies, connections: this.#connections }
    const accept = (socket: net.Socket) => {
      const connection = new ServerConnection(socket, context)
      if (this.#draining) connection.drain()
    }
    // A client may end its side after its last request and still wait for the response.
    const tcp = { noDelay: true, allowHalfOpen: true }
    const secure = { ALPNProtocols: ['http/1.1'], handshakeTimeout: limits.tlsHandshakeMs, ...options.tls, ...tcp }
    this.#server = options.tls === undefined ? net.createServer(tcp, accept) : tls.createServer(secure, accept)
    this.#server.maxConnections = limits.connectionsMax
    this.#server.on('error', (error) => options.onError?.(error))
    this.#server.on('tlsClientError', (error: Error, socket: net.Socket) => {
      socket.destroy()
      options.onError?.(error)
    })
  }

  /** Open connections. */
  get connections(): number {
    return this.#connections.size
  }

  /** @throws the listener's error (EADDRINUSE, EACCES). @returns the port, chosen by the system for port 0 */
  async listen(port: number, host?: string): Promise<number> {
    this.#server.listen({ port, host })
    await once(this.#server, 'listening')
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : port
  }

  /** New connections get these certificates. @throws when the server is not one of TLS, or for a bad key */
  setSecureContext(options: tls.SecureContextOptions): void {
    if (!(this.#server instanceof tls.Server)) throw new TypeError('this server has no TLS')
    this.#server.setSecureContext(options)
  }

  /**
   * Takes no more connections, answers what is under way with `Connection: close`, and ends.
   * @param boundMs after which the rest is cut
   * @returns how many connections were cut
   */
  async drain(boundMs: number): Promise<number> {
    this.#draining = true
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const connection of this.#connections) connection.drain()
    let cut = 0
    const timer = setTimeout(() => {
      cut = this.#connections.size
      for (const connection of this.#connections) connection.destroy()
    }, boundMs)
    await closed
    clearTimeout(timer)
    // A socket leaves the server a tick before it tells its connection, whose outcome is still to come.
    while (this.#connections.size > 0) await setImmediate()
    return cut
  }
}
