import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { BodyReader, NOBODY } from './body-reader.ts'
import { readClientCertificate } from './client-certificate.ts'
import { deadlines, type Waiting } from './deadlines.ts'
import type { ClientCertificate, ConnectionFacts, Refusal } from './exchange.ts'
import { FREEABLE_BYTES } from './free-memory.ts'
import { HeadBytes } from './head-bytes.ts'
import { HeaderTable } from './header-table.ts'
import { Input } from './input.ts'
import { FAILED, MessageParser, MORE } from './llhttp.ts'
import { MessageWriter } from './message-writer.ts'
import { Pace } from './pace.ts'
import { peerAddress } from './peer-address.ts'
import { RefusedReply, type Reply } from './reply.ts'
import { parserRefusal, RequestHead, readRequestHead, refusal } from './request-head.ts'
import type { ConnectionContext } from './server.ts'
import { ServerExchange } from './server-exchange.ts'
import { clientReads } from './stages.ts'

/**
 * One client connection: requests one after the other, each answered before the next is read.
 * What a client sends ahead stays in its socket, but for a bounded rest.
 */
export class ServerConnection implements Waiting, ConnectionFacts {
  readonly server: ConnectionContext
  readonly parser: MessageParser
  readonly writer: MessageWriter
  readonly body: BodyReader
  readonly head = new RequestHead()
  readonly remoteAddress: string
  readonly tls: boolean
  deadline = 0
  readonly #socket: Socket
  readonly #partial = new HeadBytes()
  readonly #pace: Pace
  #exchange: Reply | undefined
  /** The exchange that takes the rest of its body. */
  #reading: ServerExchange | undefined
  readonly #input = new Input()
  #processing = false
  #held = false
  #closing = false
  #discarding = false
  #clientEnded = false

  constructor(socket: Socket, server: ConnectionContext) {
    this.#socket = socket
    this.server = server
    this.parser = new MessageParser('request', new HeaderTable(), server.limits)
    this.body = new BodyReader(this.parser)
    this.writer = new MessageWriter(socket)
    this.#pace = new Pace(server.limits)
    this.tls = socket instanceof TLSSocket
    this.remoteAddress = peerAddress(socket.remoteAddress ?? '')
    this.#expectIn(server.limits.idleMs)
    deadlines.add(this)
    server.connections.add(this)
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.on('drain', () => this.#onDrain())
    socket.on('end', () => {
      this.#clientEnded = true
      this.#process()
    })
    for (const event of ['timeout', 'error']) socket.on(event, () => this.destroy())
    socket.on('close', () => this.#onClose())
  }

  get clientCertificate(): ClientCertificate | undefined {
    return this.#socket instanceof TLSSocket ? readClientCertificate(this.#socket) : undefined
  }

  /** Whether `exchange` is the one being answered, so that its head is still the table's. */
  holds(exchange: Reply): boolean {
    return this.#exchange === exchange
  }

  /** Finishes what it has begun, and takes no further request than one that is on its way. */
  drain(): void {
    this.#closing = true
    if (this.#exchange === undefined && this.#partial.length === 0) this.#expectIn(this.server.limits.drainIdleMs)
  }

  /** Cuts it. What was answered before leaves all the same. */
  destroy(): void {
    this.writer.send()
    this.#socket.destroy()
  }

  /**
   * Whether the response about to be sent must be the last.
   * @param whole the response is complete: a body that nobody read is dropped if it is all here
   */
  mustClose(whole: boolean): boolean {
    const { bytes, at } = this.#input
    if (whole && !this.body.complete && this.#reading === undefined && bytes !== undefined) {
      const end = this.body.read(bytes, at, NOBODY)
      if (end === FAILED) this.#closing = true
      else this.#input.advance(end)
    }
    const last = this.#clientEnded && this.#input.length === 0
    return last || this.#closing || this.head.close || !this.body.complete
  }

  /** The client reads too slowly. @returns false, for whoever writes */
  awaitDrain(): false {
    this.#socket.setTimeout(this.server.limits.writeStallMs)
    return false
  }

  /** The response is written. */
  done(close: boolean): void {
    this.#exchange = undefined
    this.#reading = undefined
    if (close || this.#closing || !this.body.complete) {
      this.#close()
      return
    }
    this.parser.reset()
    this.#resume()
    this.#expectIn(this.server.limits.idleMs)
    this.#process()
  }

  /** Gives the request's body to its exchange, from now on. @param boundMs for all of it */
  readBody(exchange: ServerExchange, boundMs?: number): void {
    if (this.head.expectsContinue && this.#input.length === 0) {
      this.writer.interim('HTTP/1.1 100 Continue\r\n\r\n')
    }
    this.#reading = exchange
    this.#pace.begin(boundMs)
    this.resumeBody()
    this.#process()
  }

  pauseBody(): void {
    this.#socket.pause()
    this.#pace.pause()
    this.#held = true
    this.deadline = 0
  }

  resumeBody(): void {
    this.#resume()
    this.#pace.resume()
    if (this.#reading !== undefined) this.deadline = this.#pace.deadline(this.body.bytes)
  }

  expire(): void {
    if (this.#reading !== undefined) this.#bodyFailed('request_body_timeout')
    else if (this.#exchange !== undefined) this.#exchange.handlerFailed()
    else if (this.#discarding) this.destroy()
    else if (this.#partial.length > 0) this.#refuse(refusal('head_timeout', `${this.#partial.length} bytes of a head`))
    else this.#close()
  }

  #expectIn(ms: number): void {
    this.deadline = performance.now() + ms
  }

  #resume(): void {
    if (!this.#held) return
    this.#held = false
    this.#socket.resume()
  }

  #onData(chunk: Buffer): void {
    if (this.#discarding) return
    const between = this.#exchange === undefined && this.#input.bytes === undefined
    this.#input.append(chunk)
    // A body is not kept back: what comes next would have to be joined with it.
    if (between && chunk.length < FREEABLE_BYTES) clientReads.add(this)
    else this.#process()
  }

  /** What a turn has read between two requests. */
  readInput(): void {
    this.#process()
  }

  #process(): void {
    if (this.#processing) return
    this.#processing = true
    let more = true
    while (more && this.#input.bytes !== undefined) more = this.#step(this.#input.bytes, this.#input.at)
    this.#processing = false
    if (this.#input.bytes === undefined) {
      if (this.#clientEnded) this.#endOfInput()
    } else if (this.#input.length > this.server.limits.heldBytesMax) {
      this.#socket.pause()
      this.#held = true
    }
  }

  /** The client has ended its side, and all that it sent is read. */
  #endOfInput(): void {
    if (this.#discarding) return
    if (this.#exchange === undefined && this.#partial.length === 0) this.#close()
    else if (this.#exchange === undefined || !this.body.complete) this.destroy()
  }

  /** @returns whether another step may follow */
  #step(bytes: Buffer, at: number): boolean {
    if (this.#discarding) return false
    if (this.#reading !== undefined) return this.#stepBody(bytes, at, this.#reading)
    // Answers that the client does not read must not pile up.
    if (this.#exchange !== undefined || this.#socket.writableNeedDrain) return false
    return this.#stepHead(bytes, at)
  }

  #stepHead(bytes: Buffer, at: number): boolean {
    const { limits } = this.server
    const before = this.#partial.length
    const end = this.parser.head(bytes, at, before)
    if (end === FAILED) return this.#refuse(parserRefusal(this.parser))
    const length = before + (end === MORE ? bytes.length : end) - at
    if (length > limits.headBytesMax) return this.#refuse(refusal('head_too_large', `${length} bytes`))
    if (end === MORE) {
      if (before === 0) this.#expectIn(limits.headMs)
      this.#partial.append(bytes, at, bytes.length)
      this.#input.clear()
      return true
    }
    this.parser.table.complete(this.#partial.text(bytes, at, end))
    this.#input.advance(end)
    const refused = readRequestHead(this.parser, limits.targetBytesMax, this.head)
    if (refused !== undefined) return this.#refuse(refused, this.head)
    this.#begin()
    return true
  }

  #begin(): void {
    this.deadline = 0
    this.body.begin(this.head.bodyLength)
    const exchange = new ServerExchange(this, this.head)
    this.#exchange = exchange
    this.#hand(exchange, () => this.server.handler.handle(exchange))
  }

  /** Gives a request to its handler, which decides at once or later, but not never. */
  #hand(reply: Reply, handle: () => Promise<void> | undefined): void {
    try {
      handle()?.catch(() => reply.handlerFailed())
    } catch {
      reply.handlerFailed()
    }
    const undecided = this.#exchange === reply && !reply.decided
    if (undecided && this.#reading === undefined) this.#expectIn(this.server.limits.decisionMs)
  }

  #stepBody(bytes: Buffer, at: number, exchange: ServerExchange): boolean {
    const end = this.body.read(bytes, at, exchange)
    if (end === FAILED) return this.#bodyFailed('request_body_malformed')
    this.#input.advance(end)
    if (!this.body.complete) {
      if (!this.#held) this.deadline = this.#pace.deadline(this.body.bytes)
      return true
    }
    this.#reading = undefined
    this.deadline = 0
    exchange.requestEnd()
    return true
  }

  #bodyFailed(failure: 'request_body_malformed' | 'request_body_timeout'): false {
    const exchange = this.#reading
    this.#reading = undefined
    this.#discard()
    exchange?.requestFailed(failure)
    return false
  }

  #refuse(refused: Refusal, head?: RequestHead): false {
    this.#discard()
    this.body.begin(0)
    const reply = new RefusedReply(this, refused, head)
    this.#exchange = reply
    this.#hand(reply, () => this.server.handler.refuse(reply))
    return false
  }

  /** Nothing that the client sends is read from here on. */
  #discard(): void {
    this.#closing = true
    this.#discarding = true
    this.#input.clear()
    this.deadline = 0
  }

  /** After the last response: the client is heard, but not listened to, until it has had time to read. */
  #close(): void {
    this.#discard()
    this.writer.send()
    this.#socket.setTimeout(this.server.limits.writeStallMs)
    this.#socket.end(() => this.#expectIn(this.server.limits.lingerMs))
    this.#socket.resume()
  }

  #onDrain(): void {
    if (!this.#discarding) this.#socket.setTimeout(0)
    if (this.#exchange instanceof ServerExchange) this.#exchange.drained()
    this.#process()
  }

  #onClose(): void {
    deadlines.delete(this)
    this.server.connections.delete(this)
    this.#discard()
    this.#exchange?.gone()
    this.parser.free()
  }
}
