import { once } from 'node:events'
import net from 'node:net'
import type { Exchange, Http1Handler, Outcome, RefusedRequest } from '../src/http1/exchange.ts'
import type { Http1Limits } from '../src/http1/limits.ts'
import { Http1Server } from '../src/http1/server.ts'

/** A TCP peer that speaks bytes. */
export class RawPeer {
  readonly socket: net.Socket
  text = ''
  ended = false
  #wake: () => void = () => undefined

  constructor(socket: net.Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1')
      this.#wake()
    })
    const end = () => {
      this.ended = true
      this.#wake()
    }
    socket.on('end', end).on('close', end).on('error', end)
  }

  send(text: string): void {
    this.socket.write(text, 'latin1')
  }

  /** Resolves with everything read so far once it satisfies `test`. */
  async until(test: RegExp | ((text: string) => boolean)): Promise<string> {
    const met = () => (typeof test === 'function' ? test(this.text) : test.test(this.text))
    while (!met()) {
      if (this.ended) throw new Error(`connection ended after ${JSON.stringify(this.text.slice(0, 2000))}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.text
  }

  /** Everything until the other side ended. */
  async all(): Promise<string> {
    while (!this.ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.text
  }
}

export async function connect(port: number): Promise<RawPeer> {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
  await once(socket, 'connect')
  return new RawPeer(socket)
}

/** A server whose every connection is given to `serve`. */
export async function rawServer(serve: (peer: RawPeer, index: number) => void) {
  const sockets = new Set<net.Socket>()
  let count = 0
  const server = net.createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    serve(new RawPeer(socket), count++)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const close = () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  return { port, close, connections: () => count }
}

/** A gateway whose outcomes and refusals are kept. */
export async function startServer(
  handle: (exchange: Exchange) => Promise<void> | void,
  options: { limits?: Partial<Http1Limits>; trustedProxies?: number; refuse?: Http1Handler['refuse'] } = {},
) {
  const outcomes: Outcome[] = []
  const refused: RefusedRequest[] = []
  const seen: string[] = []
  let wake: () => void = () => undefined
  const over = (outcome: Outcome) => {
    outcomes.push(outcome)
    wake()
  }
  const server = new Http1Server({
    ...options,
    handler: {
      handle(exchange) {
        seen.push(`${exchange.method} ${exchange.target}`)
        exchange.whenOver = over
        return handle(exchange) ?? undefined
      },
      refuse(request) {
        refused.push(request)
        request.whenOver = over
        if (options.refuse !== undefined) return options.refuse(request)
        request.answer({ status: request.refusal.status, headers: {}, body: request.refusal.reason })
        return undefined
      },
    },
  })
  const port = await server.listen(0, '127.0.0.1')
  const outcome = async (count = 1) => {
    while (outcomes.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    return outcomes.slice(count - 1)[0]
  }
  return { server, port, outcomes, refused, seen, outcome, close: () => server.drain(0) }
}

/** One request on its own connection: everything that comes back. */
export async function exchangeOnce(port: number, text: string): Promise<string> {
  const peer = await connect(port)
  peer.send(text)
  const answer = await peer.all()
  peer.socket.destroy()
  return answer
}

/** A handler whose exchanges wait for the test. */
export function waiting() {
  const exchanges: Exchange[] = []
  let wake: () => void = () => undefined
  const handle = (exchange: Exchange) =>
    new Promise<void>((resolve) => {
      const { answer } = exchange
      exchanges.push(exchange)
      exchange.answer = (response) => {
        answer.call(exchange, response)
        resolve()
      }
      wake()
    })
  const next = async (count: number) => {
    while (exchanges.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    return exchanges.slice(count - 1)[0] as Exchange
  }
  return { handle, next, exchanges }
}
