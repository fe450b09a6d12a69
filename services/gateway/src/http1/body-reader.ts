import { FAILED, type MessageParser, MORE } from './llhttp.ts'

export interface PieceSink {
  /** A piece of a body; its bytes are the sink's to keep. */
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
   * Gives the body in `bytes[start, …)` to `sink`.
   * @returns the index after it, or FAILED for chunks that are not
   */
  read(bytes: Buffer, start: number, sink: PieceSink): number {
    if (this.#chunked) return this.#readChunked(bytes, start, sink)
    const end = Math.min(bytes.length, start + this.#remaining)
    this.#remaining -= end - start
    this.bytes += end - start
    this.complete = this.#remaining === 0
    if (end > start) sink.piece(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end))
    return end
  }

  #readChunked(bytes: Buffer, start: number, sink: PieceSink): number {
    const spans = this.#spans
    spans.length = 0
    const end = this.#parser.chunked(bytes, start, spans)
    if (end === FAILED) return FAILED
    this.complete = end !== MORE
    for (let at = 0; at < spans.length; at += 2) {
      const piece = bytes.subarray(spans[at], spans[at + 1])
      this.bytes += piece.length
      sink.piece(piece)
    }
    return end === MORE ? bytes.length : end
  }
}
