import { freeMemory, isFreeable } from './free-memory.ts'
import { FAILED, type MessageParser, MORE } from './llhttp.ts'

export interface PieceSink {
  /** A piece of a body; its bytes are the sink's to keep, and to free where it shares its memory with none. */
  piece(bytes: Buffer): void
}

/** For a body that is read and dropped. */
export const NOBODY: PieceSink = { piece: () => undefined }

/** Takes the body out of what a socket delivered, as its head framed it. */
export class BodyReader {
  /** Body bytes of this message so far, without chunk framing. */
  bytes = 0
  complete = true
  readonly #parser: MessageParser
  #chunked = false
  #remaining = 0
  readonly #spans: number[] = []

  constructor(parser: MessageParser) {
    this.#parser = parser
  }

  /** No length and no chunks: the end of the connection is the end of the body. */
  get endsWithConnection(): boolean {
    return this.#remaining === Number.POSITIVE_INFINITY
  }

  /** @param length bytes; Infinity for a body that ends with the connection; `undefined` for a chunked one */
  begin(length: number | undefined): void {
    this.bytes = 0
    this.#chunked = length === undefined
    this.#remaining = length ?? 0
    this.complete = length === 0
    if (this.#chunked) this.#parser.beginChunked()
  }

  /**
   * Gives the body in `bytes[start, …)` to `sink`. `bytes` that are read to their end are the sink's, or freed.
   * @returns the index after it, or FAILED for chunks that are not
   */
  read(bytes: Buffer, start: number, sink: PieceSink): number {
    if (this.#chunked) return this.#readChunked(bytes, start, sink)
    const { length } = bytes
    const end = Math.min(length, start + this.#remaining)
    this.#remaining -= end - start
    this.complete = this.#remaining === 0
    this.#give(bytes, start, end, sink)
    if (end === length && start > 0) freeMemory(bytes)
    return end
  }

  #readChunked(bytes: Buffer, start: number, sink: PieceSink): number {
    const { length } = bytes
    const spans = this.#spans
    spans.length = 0
    const end = this.#parser.chunked(bytes, start, spans)
    if (end === FAILED) return FAILED
    this.complete = end !== MORE
    for (let at = 0; at < spans.length; at += 2) this.#give(bytes, spans[at] ?? 0, spans[at + 1] ?? 0, sink)
    const read = end === MORE ? length : end
    const given = spans[0] === 0 && spans[1] === length
    if (read === length && !given) freeMemory(bytes)
    return read
  }

  /** Of what is freed when it is read, a sink has a copy. */
  #give(bytes: Buffer, start: number, end: number, sink: PieceSink): void {
    if (end === start) return
    this.bytes += end - start
    if (start === 0 && end === bytes.length) sink.piece(bytes)
    else sink.piece(isFreeable(bytes) ? copy(bytes, start, end) : bytes.subarray(start, end))
  }
}

/** In memory of its own. */
function copy(bytes: Buffer, start: number, end: number): Buffer {
  const piece = Buffer.allocUnsafeSlow(end - start)
  bytes.copy(piece, 0, start, end)
  return piece
}
