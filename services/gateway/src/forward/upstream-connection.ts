import type { Socket } from 'node:net'
import { BodyReader, type PieceSink } from '../http1/body-reader.ts'
import { deadlines, type Waiting } from '../http1/deadlines.ts'
import type { ForwardFailure } from '../http1/exchange.ts'
import { FREEABLE_BYTES } from '../http1/free-memory.ts'
import { HeadBytes } from '../http1/head-bytes.ts'
import { HeaderTable } from '../http1/header-table.ts'
import { Input } from '../http1/input.ts'
import { FAILED, MessageParser, MORE } from '../http1/llhttp.ts'
import { MessageWriter } from '../http1/message-writer.ts'
import { upstreamReads } from '../http1/stages.ts'
import { type ResponseFraming, responseFraming } from './response-lines.ts'

/** What a forwarded request hears of its upstream. `piece` brings the response's body. */
export interface UpstreamEvents extends PieceSink {
  responseHead(status: number, table: HeaderTable, framing: ResponseFraming): void
  responseEnd(reusable: boolean): void
  responseFailed(failure: ForwardFailure): void
  upstreamDrained(): void
}

export const upstreamLimits = {
  headBytesMax: 32_768,
  headersMax: 200,
  chunkOverheadBytesMax: 16_384,
  /** Interim responses before the final one. */
  interimMax: 8,
  /** Bytes held while the response head waits for its gate. */
  heldBytesMax: 65_536,
} as const

/** One connection to an upstream, carrying one request at a time. */
export class UpstreamConnection implements Waiting {
  readonly writer: MessageWriter
  deadline = 0
  /** It has carried a request before. */
  reused = false
  /** Something of the present response has come. */
  received = false
  /** Hears of the end of this connection, once. */
  onGone: () => void = () => undefined
  readonly #socket: Socket
  readonly #parser = new MessageParser('response', new HeaderTable(), upstreamLimits)
  readonly #body = new BodyReader(this.#parser)
  readonly #partial = new HeadBytes()
  #events: UpstreamEvents | undefined
  #method = ''
  #bodyIdleMs = 0
  #inBody = false
  #keepAlive = false
  #interims = 0
  readonly #input = new Input()
  #held = false
  #paused = false
  #closed = false
  #ended: 'by_end' | 'by_error' | undefined

  /** @param socket connected; what it reads is given to `read` */
  constructor(socket: Socket) {
    this.#socket = socket
    this.writer = new MessageWriter(socket)
    deadlines.add(this)
    socket.on('drain', () => this.#onDrain())
    socket.on('timeout', () => this.#fail('upstream_body_timeout'))
    socket.on('end', () => this.#onEnd('by_end'))
    socket.on('error', () => this.#onEnd('by_error'))
    socket.on('close', () => this.#onClose())
  }

  get alive(): boolean {
    return this.#ended === undefined && !this.#socket.destroyed
  }

  /** The head of the present response is read, and its body not yet. */
  get inBody(): boolean {
    return this.#inBody && !this.#body.complete
  }

  /** No more is read while so much is held. */
  get #isFull(): boolean {
    return this.#input.length > upstreamLimits.heldBytesMax
  }

  /** Takes a request; its bytes go through `writer`. */
  begin(events: UpstreamEvents, method: string, bodyIdleMs: number): void {
    this.#events = events
    this.#method = method
    this.#bodyIdleMs = bodyIdleMs
    this.received = false
    this.deadline = 0
    this.#inBody = false
    this.#interims = 0
  }

  /** The request has been written whole: its response head is due. */
  expectHead(headMs: number): void {
    if (this.#events !== undefined && !this.#inBody) this.deadline = performance.now() + headMs
  }

  idle(idleMs: number): void {
    this.deadline = performance.now() + idleMs
  }

  expire(): void {
    this.#fail(this.#inBody ? 'upstream_body_timeout' : 'upstream_head_timeout')
  }

  /** The upstream reads too slowly: it has `bodyIdleMs` to move. */
  awaitDrain(): void {
    this.#socket.setTimeout(this.#bodyIdleMs)
  }

  /** Tells no more of the response until `proceed`. */
  hold(): void {
    this.#held = true
    this.deadline = 0
  }

  proceed(): void {
    this.#held = false
    if (this.#isFull && !this.#paused) this.#socket.resume()
    this.#process()
    if (this.#closed) this.#parser.free()
  }

  pause(): void {
    this.#paused = true
    this.deadline = 0
    this.#socket.pause()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.deadline = performance.now() + this.#bodyIdleMs
    this.#socket.resume()
  }

  /** Ends it without another word to whoever used it. */
  destroy(): void {
    this.#events = undefined
    this.#held = false
    this.#socket.destroy()
    if (this.#closed) this.#parser.free()
  }

  /** Takes what the socket has read. @param chunk kept */
  read(chunk: Buffer): void {
    // Nobody asked: the bytes of a response that was already whole, or a smuggled one.
    if (this.#events === undefined) {
      this.destroy()
      return
    }
    this.received = true
    const first = !this.#inBody && this.#input.bytes === undefined
    this.#input.append(chunk)
    if (this.#held && this.#isFull) this.#socket.pause()
    if (first && chunk.length < FREEABLE_BYTES) upstreamReads.add(this)
    else this.#process()
  }

  /** What a turn has read of a response that begins. */
  readInput(): void {
    if (this.#events !== undefined) this.#process()
  }

  #process(): void {
    while (!this.#held && this.#events !== undefined) {
      if (this.#inBody && this.#body.complete) {
        this.#complete()
        break
      }
      const { bytes, at } = this.#input
      if (bytes === undefined) break
      const end = this.#inBody ? this.#readBody(bytes, at) : this.#readHead(bytes, at)
      if (end === FAILED) {
        this.#fail('upstream_malformed')
        return
      }
      this.#input.advance(end)
    }
    if (this.#held) return
    if (this.#ended !== undefined) this.#settleEnd(this.#ended)
  }

  /** @returns the index up to which the input is read, or FAILED */
  #readHead(bytes: Buffer, at: number): number {
    const before = this.#partial.length
    const end = this.#parser.head(bytes, at, before)
    if (end === FAILED) return FAILED
    if (before + (end === MORE ? bytes.length : end) - at > upstreamLimits.headBytesMax) return FAILED
    if (end === MORE) {
      this.#partial.append(bytes, at, bytes.length)
      return bytes.length
    }
    this.#parser.table.complete(this.#partial.text(bytes, at, end))
    if (this.#parser.status < 200) return this.#skipInterim(end)
    const framing = responseFraming(this.#parser, this.#method)
    if (framing === undefined) return FAILED
    this.#inBody = true
    this.#keepAlive = framing.keepAlive
    this.deadline = framing.length === 0 ? 0 : performance.now() + this.#bodyIdleMs
    this.#body.begin(framing.length)
    this.#events?.responseHead(this.#parser.status, this.#parser.table, framing)
    return end
  }

  /** 100 and 103 end here; 101 was not asked for. */
  #skipInterim(end: number): number {
    const { status } = this.#parser
    if (status < 100 || status === 101 || ++this.#interims > upstreamLimits.interimMax) return FAILED
    this.#parser.reset()
    return end
  }

  #readBody(bytes: Buffer, at: number): number {
    const events = this.#events
    if (events === undefined) return FAILED
    const end = this.#body.read(bytes, at, events)
    if (end !== FAILED && !this.#paused) this.deadline = performance.now() + this.#bodyIdleMs
    return end
  }

  #complete(): void {
    const events = this.#events
    const reusable = this.#keepAlive && this.#input.bytes === undefined && this.alive
    this.#events = undefined
    this.#input.clear()
    this.deadline = 0
    if (this.#paused) this.resume()
    this.deadline = 0
    this.#parser.reset()
    events?.responseEnd(reusable)
  }

  #fail(failure: ForwardFailure): void {
    const events = this.#events
    this.destroy()
    events?.responseFailed(failure)
  }

  #onDrain(): void {
    this.#socket.setTimeout(0)
    this.#events?.upstreamDrained()
  }

  #onEnd(how: 'by_end' | 'by_error'): void {
    this.#ended ??= how
    this.#process()
  }

  /** Everything that came has been told. */
  #settleEnd(how: 'by_end' | 'by_error'): void {
    if (this.#events === undefined) this.destroy()
    else if (how === 'by_end' && this.#inBody && this.#body.endsWithConnection) this.#complete()
    else this.#fail('upstream_closed')
  }

  #onClose(): void {
    deadlines.delete(this)
    this.#closed = true
    this.#onEnd('by_error')
    if (!this.#held) this.#parser.free()
    this.onGone()
  }
}
