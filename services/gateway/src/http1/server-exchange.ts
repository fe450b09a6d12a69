import { createForward } from '../forward/forward.ts'
import { clientAddress } from '../forward/forwarded-for.ts'
import { BodyCollector } from './body-collector.ts'
import type { ServerConnection } from './connection.ts'
import type { BodyFault, Exchange, ForwardFailure, ForwardPlan, HeaderValue, OwnResponse } from './exchange.ts'
import { Reply } from './reply.ts'
import type { RequestHead } from './request-head.ts'

/** What whoever takes the body of a request must hear of its client. */
export interface ClientEvents {
  /** A piece of the request's body. */
  requestPiece(bytes: Buffer): void
  requestEnd(): void
  /** The rest of the request's body will not come; the response has not necessarily begun. */
  requestFailed(failure: ForwardFailure): void
  /** The client reads again. */
  clientDrained(): void
  clientGone(): void
}

/** One request with a whole and valid head. */
export class ServerExchange extends Reply implements Exchange {
  readonly host: string
  readonly httpVersion: '1.0' | '1.1'
  readonly bodyLength: number | undefined
  readonly connectionNames: readonly string[] | undefined
  #taker: ClientEvents | undefined

  constructor(connection: ServerConnection, head: RequestHead) {
    super(connection, head.method, head.target)
    this.host = head.host
    this.httpVersion = head.httpVersion
    this.bodyLength = head.bodyLength
    this.connectionNames = head.connectionNames
  }

  get clientAddress(): string {
    const { trustedProxies } = this.connection.server
    if (trustedProxies === 0) return this.remoteAddress
    return clientAddress(this.remoteAddress, this.headerValues('x-forwarded-for'), trustedProxies)
  }

  header(name: string): HeaderValue {
    return this.#table().find(name)
  }

  headerValues(name: string): string[] {
    return this.#table().findAll(name)
  }

  #table() {
    if (!this.connection.holds(this)) throw new Error('the request is over: its headers are gone')
    return this.connection.parser.table
  }

  readBody(bytesMax: number, timeoutMs: number): Promise<Uint8Array | BodyFault> {
    if (this.decided || this.#taker) throw new Error('the body is taken already')
    const collector = new BodyCollector(bytesMax)
    this.#taker = collector
    if (this.bodyLength === 0) collector.requestEnd()
    // Not even asked for with 100 (Continue) then.
    else if (this.bodyLength !== undefined && this.bodyLength > bytesMax) collector.tooLarge()
    else this.connection.readBody(this, timeoutMs)
    return collector.whole
  }

  answer(response: OwnResponse): void {
    this.decide(() => this.send(response))
  }

  forward(plan: ForwardPlan): void {
    this.decide(() => {
      if (this.over) return
      const forward = createForward(this, plan)
      this.#taker = forward
      forward.start()
    })
  }

  piece(bytes: Buffer): void {
    this.#taker?.requestPiece(bytes)
  }

  requestEnd(): void {
    // Its handler goes on, but not for ever.
    if (!this.decided) this.connection.deadline = performance.now() + this.connection.server.limits.decisionMs
    this.#taker?.requestEnd()
  }

  requestFailed(failure: ForwardFailure): void {
    this.#taker?.requestFailed(failure)
  }

  drained(): void {
    this.#taker?.clientDrained()
  }

  override handlerFailed(): void {
    // Once forwarded the plan rules; a handler that throws after that is broken, and gets no response through.
    if (this.decided && !this.over) this.connection.destroy()
    else super.handlerFailed()
  }

  override gone(): void {
    super.gone()
    this.#taker?.clientGone()
  }
}
