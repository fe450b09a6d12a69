import type { ServerConnection } from './connection.ts'
import type {
  ClientCertificate,
  ConnectionFacts,
  ForwardFailure,
  Outcome,
  OwnResponse,
  Refusal,
  RefusedRequest,
} from './exchange.ts'
import { isBodiless, ownResponse, statusLine } from './own-response.ts'
import type { RequestHead } from './request-head.ts'

/** The answering half of one request: a response once, an outcome once. */
export class Reply implements ConnectionFacts {
  readonly connection: ServerConnection
  readonly method: string
  readonly target: string
  readonly receivedAtMs = performance.now()
  whenOver: ((outcome: Outcome) => void) | undefined = undefined
  over = false
  /** Whether its handler has had its say. */
  decided = false
  /** Whether the response has begun: from here on a failure can only cut it. */
  begun = false
  failure: Outcome['failure'] = undefined
  upstreamStatus: number | undefined = undefined
  upstreamMs: number | undefined = undefined
  #status = 0
  #close = true
  #withBody = false
  #bodyBytes = 0

  constructor(connection: ServerConnection, method: string, target: string) {
    this.connection = connection
    this.method = method
    this.target = target
  }

  get remoteAddress(): string {
    return this.connection.remoteAddress
  }

  get tls(): boolean {
    return this.connection.tls
  }

  get clientCertificate(): ClientCertificate | undefined {
    return this.connection.clientCertificate
  }

  /** Sends an own response, whole. Does nothing when the client has gone. */
  send(response: OwnResponse): void {
    if (this.over) return
    this.#close = this.connection.mustClose(true)
    const { head, body } = ownResponse(response, this.#close)
    this.begun = true
    this.#status = response.status
    const { writer } = this.connection
    writer.begin(head, false)
    if (this.method !== 'HEAD') {
      this.#bodyBytes = body.length
      writer.write(body, false)
    }
    writer.end()
    this.#end('complete')
  }

  /**
   * Begins a response whose body follows by `write` and `finish`.
   * @param lines validated header lines, each with its CRLF, none that frames
   * @param length of the body as announced; `undefined` when not known
   */
  respond(status: number, lines: string, length: number | undefined): void {
    const http10 = this.connection.head.httpVersion === '1.0'
    this.#withBody = this.method !== 'HEAD' && !isBodiless(status)
    const chunked = length === undefined && this.#withBody && !http10
    this.#close = this.connection.mustClose(false) || (length === undefined && this.#withBody && http10)
    this.#status = status
    this.begun = true
    let head = statusLine(status) + lines
    if (length !== undefined && status !== 204) head += `Content-Length: ${length}\r\n`
    if (chunked) head += 'Transfer-Encoding: chunked\r\n'
    if (this.#close) head += 'Connection: close\r\n'
    this.connection.writer.begin(`${head}\r\n`, chunked)
  }

  /** @param piece nobody else's from now on @returns false when no more should come until `drained` */
  write(piece: Buffer): boolean {
    this.#bodyBytes += piece.length
    return this.connection.writer.write(piece, true) || this.connection.awaitDrain()
  }

  finish(): void {
    if (this.over) return
    this.connection.writer.end()
    this.#end('complete')
  }

  /** The response cannot be finished: the client must see that. */
  cut(failure: ForwardFailure): void {
    if (this.over) return
    this.failure = failure
    this.#end('truncated')
    this.connection.destroy()
  }

  /** @throws Error when it is decided already, and whatever `act` throws: then nothing was sent, and it is not decided */
  protected decide(act: () => void): void {
    if (this.decided) throw new Error('the request is already decided')
    this.decided = true
    this.connection.deadline = 0
    try {
      act()
    } catch (error) {
      this.decided = false
      throw error
    }
  }

  /** Cuts the connection without an answer: for what must not be answered at all. */
  abort(): void {
    if (this.over) return
    this.decided = true
    this.#end('aborted')
    this.connection.destroy()
  }

  /** The client has gone. */
  gone(): void {
    this.#end('client_aborted')
  }

  #end(end: Outcome['end']): void {
    if (this.over) return
    this.over = true
    this.whenOver?.({
      status: this.#status,
      end,
      failure: this.failure,
      upstreamStatus: this.upstreamStatus,
      requestBodyBytes: this.connection.body.bytes,
      responseBodyBytes: this.#bodyBytes,
      durationMs: performance.now() - this.receivedAtMs,
      upstreamMs: this.upstreamMs,
    })
    if (end === 'complete') this.connection.done(this.#close)
  }

  /** What became of the handler's throw: deny by default. */
  handlerFailed(): void {
    if (this.over) return
    this.failure = 'handler_failed'
    if (this.begun) this.connection.destroy()
    else this.send({ status: this.failureStatus(), headers: {} })
  }

  protected failureStatus(): number {
    return 500
  }
}

/** A request that could not be read. */
export class RefusedReply extends Reply implements RefusedRequest {
  readonly refusal: Refusal
  readonly requestLine: RefusedRequest['requestLine']

  constructor(connection: ServerConnection, refusal: Refusal, head: RequestHead | undefined) {
    super(connection, head?.method ?? '', head?.target ?? '')
    this.refusal = refusal
    this.requestLine = head === undefined ? undefined : { method: head.method, target: head.target }
  }

  answer(response: OwnResponse): void {
    this.decide(() => this.send(response))
  }

  protected override failureStatus(): number {
    return this.refusal.status
  }
}
