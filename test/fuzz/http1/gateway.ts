import net from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { ServerConnection } from '../../../services/gateway/src/http1/connection.ts'
import type { Exchange, Http1Handler, Outcome } from '../../../services/gateway/src/http1/exchange.ts'
import { defaultLimits } from '../../../services/gateway/src/http1/limits.ts'

/** A request that a handler was given. */
export interface SeenRequest {
  readonly method: string
  readonly target: string
  readonly host: string
  /** latin1; of a body that never became whole, why. */
  body: string | { readonly fault: string }
}

/** What became of all that one client sent. */
export interface Seen {
  readonly requests: SeenRequest[]
  /** The reasons; there is at most one. */
  readonly refused: string[]
  readonly outcomes: Outcome['end'][]
  /** All that the client was sent. */
  answer: string
}

/** Answers every request with 200 once it has the whole body. */
export function recordingHandler(seen: Seen): Http1Handler {
  return {
    handle(exchange) {
      exchange.whenOver = ({ end }) => void seen.outcomes.push(end)
      return take(exchange, seen)
    },
    refuse(request) {
      request.whenOver = ({ end }) => void seen.outcomes.push(end)
      seen.refused.push(request.refusal.reason)
      request.answer({ status: request.refusal.status, headers: {} })
      return undefined
    },
  }
}

async function take(exchange: Exchange, seen: Seen): Promise<void> {
  const { method, target, host } = exchange
  const request: SeenRequest = { method, target, host, body: { fault: 'unknown' } }
  seen.requests.push(request)
  const body = await exchange.readBody(1 << 20, 10_000)
  request.body = typeof body === 'string' ? { fault: body } : Buffer.from(body).toString('latin1')
  exchange.answer({ status: 200, headers: {} })
}

/** A socket whose other end is the test. */
class HeldSocket extends net.Socket {
  answer = ''

  constructor() {
    super({ allowHalfOpen: true })
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.answer += chunk.toString('latin1')
    done()
  }

  override _writev(chunks: { chunk: Buffer | string; encoding: BufferEncoding }[], done: () => void): void {
    for (const { chunk, encoding } of chunks) this.answer += Buffer.from(chunk as string, encoding).toString('latin1')
    done()
  }

  override _final(done: () => void): void {
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    done(error)
    // A socket without a handle does not say so by itself.
    process.nextTick(() => this.emit('close', error !== null))
  }
}

const turnsMax = 1000

/** Gives the pieces to a connection of the gateway, each for itself, and ends the client's side behind them. */
export async function readByGateway(pieces: readonly string[]): Promise<Seen> {
  const seen: Seen = { requests: [], refused: [], outcomes: [], answer: '' }
  const socket = new HeldSocket()
  const connections = new Set<ServerConnection>()
  const context = { handler: recordingHandler(seen), limits: defaultLimits, trustedProxies: 0, connections }
  new ServerConnection(socket, context)
  for (const piece of pieces) {
    socket.push(Buffer.from(piece, 'latin1'))
    await setImmediate()
  }
  socket.push(null)
  // Nothing here waits for anybody: a connection that outlives so many turns stays open.
  for (let turn = 0; turn < turnsMax && !socket.closed; turn++) await setImmediate()
  if (!socket.closed) throw new Error(`the connection stays open, after ${JSON.stringify(socket.answer)}`)
  await setImmediate()
  seen.answer = socket.answer
  return seen
}
