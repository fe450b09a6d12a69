import type { ForwardFailure, ForwardPlan, Gate } from '../http1/exchange.ts'
import type { HeaderTable } from '../http1/header-table.ts'
import type { ClientEvents, ServerExchange } from '../http1/server-exchange.ts'
import { requestHead } from './request-lines.ts'
import { type ResponseFraming, responseLines } from './response-lines.ts'
import type { Borrower } from './upstream.ts'
import type { UpstreamConnection, UpstreamEvents } from './upstream-connection.ts'

/** RFC 9110 section 9.2.2. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])

const isTimeout = (failure: ForwardFailure) =>
  failure === 'upstream_head_timeout' || failure === 'upstream_body_timeout'

/**
 * Sends a request to its upstream and the response to its client, from `start` on: until then nobody can tell it of the
 * body, which may be here already.
 * @throws TypeError for a plan that HTTP cannot carry; nothing was sent then
 */
export function createForward(client: ServerExchange, plan: ForwardPlan): ClientEvents & { start(): void } {
  return new Forward(client, plan, requestHead(client, plan))
}

class Forward implements ClientEvents, UpstreamEvents, Borrower {
  readonly #client: ServerExchange
  readonly #plan: ForwardPlan
  readonly #head: string
  #upstream: UpstreamConnection | undefined
  #requestWhole = false
  #retried = false
  #over = false
  #sentAtMs = 0

  constructor(client: ServerExchange, plan: ForwardPlan, head: string) {
    this.#client = client
    this.#plan = plan
    this.#head = head
  }

  start(): void {
    this.#pass(this.#plan.sendGate, () => this.#plan.upstream.borrow(this, false))
  }

  /** Goes on when the gate lets it; at once when the gate has nothing to wait for. */
  #pass(gate: Gate | undefined, then: () => void): void {
    if (gate === undefined || this.#isOpen(gate, then)) then()
  }

  #isOpen(gate: Gate, then: () => void): boolean {
    try {
      return gate(
        () => this.#goOn(then),
        (error) => this.#answerFailure('gate_failed', error),
      )
    } catch (error) {
      this.#answerFailure('gate_failed', error)
      return false
    }
  }

  /** Called by whoever opens the gate, for whom nothing of one request may fail. */
  #goOn(then: () => void): void {
    if (this.#over) return
    try {
      then()
    } catch {
      this.#client.connection.destroy()
    }
  }

  connected(connection: UpstreamConnection): void {
    const { upstream, bodyIdleMs = upstream.bodyIdleMs } = this.#plan
    if (this.#over) {
      upstream.giveBack(connection)
      return
    }
    this.#upstream = connection
    this.#sentAtMs = performance.now()
    connection.begin(this, this.#client.method, bodyIdleMs)
    connection.writer.begin(this.#head, this.#client.bodyLength === undefined)
    if (this.#client.bodyLength === 0) {
      this.requestEnd()
      return
    }
    this.#client.connection.readBody(this.#client)
  }

  notConnected(failure: ForwardFailure): void {
    this.#fail(failure)
  }

  requestPiece(bytes: Buffer): void {
    if (this.#upstream === undefined || this.#upstream.writer.write(bytes, true)) return
    this.#upstream.awaitDrain()
    this.#client.connection.pauseBody()
  }

  requestEnd(): void {
    const { upstream, headMs = upstream.headMs } = this.#plan
    this.#requestWhole = true
    this.#upstream?.writer.end()
    this.#upstream?.expectHead(headMs)
  }

  requestFailed(failure: ForwardFailure): void {
    this.#fail(failure)
  }

  upstreamDrained(): void {
    this.#client.connection.resumeBody()
  }

  responseHead(status: number, table: HeaderTable, framing: ResponseFraming): void {
    const client = this.#client
    client.upstreamStatus = status
    client.upstreamMs = performance.now() - this.#sentAtMs
    let held = false
    this.#pass(this.#plan.headGate, () => {
      client.respond(status, responseLines(table, this.#plan.addResponseHeaders), framing.announced)
      if (held) this.#upstream?.proceed()
    })
    if (client.begun || this.#over) return
    held = true
    this.#upstream?.hold()
  }

  piece(bytes: Buffer): void {
    if (!this.#client.write(bytes)) this.#upstream?.pause()
  }

  responseEnd(reusable: boolean): void {
    this.#over = true
    const connection = this.#upstream
    this.#upstream = undefined
    if (connection !== undefined) {
      if (reusable && this.#requestWhole) this.#plan.upstream.giveBack(connection)
      else connection.destroy()
    }
    this.#client.finish()
  }

  responseFailed(failure: ForwardFailure): void {
    const connection = this.#upstream
    this.#upstream = undefined
    if (isTimeout(failure) && connection?.received === false) this.#plan.upstream.distrust(this.#sentAtMs)
    if (connection !== undefined && this.#mayRetry(connection, failure)) {
      this.#retried = true
      this.#plan.upstream.borrow(this, true)
      return
    }
    this.#fail(failure)
  }

  /** An upstream may close a kept connection just as we use it: then it has not seen the request. */
  #mayRetry(connection: UpstreamConnection, failure: ForwardFailure): boolean {
    if (failure !== 'upstream_closed' || this.#retried || !connection.reused || connection.received) return false
    return this.#client.bodyLength === 0 && IDEMPOTENT.has(this.#client.method)
  }

  clientDrained(): void {
    this.#upstream?.resume()
  }

  clientGone(): void {
    this.#over = true
    this.#dropUpstream()
  }

  #fail(failure: ForwardFailure): void {
    if (this.#over) return
    this.#dropUpstream()
    if (this.#client.begun) {
      this.#over = true
      this.#client.cut(failure)
      return
    }
    this.#pass(this.#plan.headGate, () => this.#answerFailure(failure))
  }

  #answerFailure(failure: ForwardFailure, error?: unknown): void {
    if (this.#over) return
    this.#over = true
    this.#dropUpstream()
    // Both may have waited for the gate: the upstream's head, and what failed after it.
    if (this.#client.begun) {
      this.#client.cut(failure)
      return
    }
    this.#client.failure = failure
    try {
      const response = this.#plan.failed(failure, error)
      if (response) this.#client.send(response)
      else this.#client.abort()
    } catch {
      this.#client.connection.destroy()
    }
  }

  #dropUpstream(): void {
    this.#upstream?.destroy()
    this.#upstream = undefined
  }
}
