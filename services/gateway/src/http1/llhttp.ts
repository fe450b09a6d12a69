import constants from 'undici/lib/llhttp/constants.js'
import wasm from 'undici/lib/llhttp/llhttp_simd-wasm.js'
import type { HeaderTable } from './header-table.ts'

/** The only file that knows llhttp, the parser of Node itself, as the WebAssembly that the pinned undici ships. */
interface Llhttp {
  readonly memory: { readonly buffer: ArrayBuffer }
  _initialize(): void
  malloc(size: number): number
  llhttp_alloc(type: number): number
  llhttp_free(parser: number): void
  llhttp_reset(parser: number): void
  llhttp_resume(parser: number): void
  llhttp_execute(parser: number, at: number, length: number): number
  llhttp_get_error_pos(parser: number): number
  llhttp_get_error_reason(parser: number): number
}

const PAUSED = constants.ERROR['PAUSED'] ?? 0
const USER_ERROR = constants.ERROR['USER'] ?? 0
const ERROR_NAMES = new Map(Object.entries(constants.ERROR).map(([name, code]) => [code, name]))

/** A head rarely needs more; what follows it in the chunk need not be copied into the parser's memory. */
const HEAD_PIECE_BYTES = 4096
/** What one read of a socket delivers at most. */
const PIECE_BYTES = 65_536

/** More bytes are needed. */
export const MORE = -1
/** Not HTTP; `parser.error` says why. */
export const FAILED = -2

let current: MessageParser
let pieceOffset = 0

const { llhttp, piece } = instantiate()
let memory = new Uint8Array(llhttp.memory.buffer)

function instantiate(): { llhttp: Llhttp; piece: number } {
  const module = new WebAssembly.Module(wasm)
  const { exports } = new WebAssembly.Instance(module, {
    env: {
      wasm_on_message_begin: () => 0,
      wasm_on_url: (_: number, at: number, length: number) => current.onTarget(at + pieceOffset, length),
      wasm_on_status: () => 0,
      wasm_on_header_field: (_: number, at: number, length: number) => current.onName(at + pieceOffset, length),
      wasm_on_header_value: (_: number, at: number, length: number) => current.onValue(at + pieceOffset, length),
      wasm_on_headers_complete: (_: number, status: number) => current.onHeadComplete(status),
      wasm_on_body: (_: number, at: number, length: number) => current.onBody(at + pieceOffset, length),
      wasm_on_message_complete: () => PAUSED,
    },
  })
  const instance = exports as Llhttp
  instance._initialize()
  return { llhttp: instance, piece: instance.malloc(PIECE_BYTES) }
}

export interface ParserLimits {
  readonly headersMax: number
  /** Chunk sizes, extensions and trailers between two bytes of a chunked body. */
  readonly chunkOverheadBytesMax: number
}

/**
 * Reads the heads of one connection's messages, one after the other, and their bodies where these are chunked.
 * Offsets of a head count from its first byte, however it was cut into reads.
 */
export class MessageParser {
  readonly table: HeaderTable
  targetStart = 0
  targetEnd = 0
  /** Of a response. */
  status = 0
  /** llhttp's name for what was wrong, and its words. */
  error = ''
  tooManyHeaders = false
  readonly #limits: ParserLimits
  readonly #parser: number
  #freed = false
  #inHead = true
  #inValue = false
  #nameStart = -1
  #nameEnd = 0
  #valueStart = 0
  #valueEnd = 0
  #spans: number[] = []
  #lastBodyEnd = 0

  constructor(type: 'request' | 'response', table: HeaderTable, limits: ParserLimits) {
    this.table = table
    this.#limits = limits
    this.#parser = llhttp.llhttp_alloc(constants.TYPE[type === 'request' ? 'REQUEST' : 'RESPONSE'] ?? 0)
    if (memory.length === 0) memory = new Uint8Array(llhttp.memory.buffer) // the memory has grown
    this.reset()
  }

  /** Ready for the next message. */
  reset(): void {
    llhttp.llhttp_reset(this.#parser)
    this.table.clear()
    this.targetEnd = 0
    this.#inHead = true
    this.#inValue = false
    this.#nameStart = -1
    this.#lastBodyEnd = 0
  }

  free(): void {
    if (this.#freed) return
    this.#freed = true
    llhttp.llhttp_free(this.#parser)
  }

  /**
   * Reads on in a head of which `offset` bytes were read before.
   * @returns the index in `bytes` after the head, MORE or FAILED
   */
  head(bytes: Buffer, start: number, offset: number): number {
    for (let at = start; at < bytes.length; at += HEAD_PIECE_BYTES) {
      const end = Math.min(at + HEAD_PIECE_BYTES, bytes.length)
      const consumed = this.#execute(bytes, at, end, offset + at - start)
      if (consumed !== MORE) return consumed
    }
    return MORE
  }

  /** After the head of a chunked message: llhttp goes on with its body. */
  beginChunked(): void {
    llhttp.llhttp_resume(this.#parser)
    this.#inHead = false
  }

  /**
   * Reads on in a chunked body; pairs (start, end) in `bytes` of its data are put into `spans`.
   * @returns the index in `bytes` after the message, MORE or FAILED
   */
  chunked(bytes: Buffer, start: number, spans: number[]): number {
    this.#spans = spans
    this.#lastBodyEnd += start
    for (let at = start; at < bytes.length; at += PIECE_BYTES) {
      const end = Math.min(at + PIECE_BYTES, bytes.length)
      const consumed = this.#execute(bytes, at, end, at)
      if (consumed === FAILED) return FAILED
      const read = consumed === MORE ? end : consumed
      if (read - this.#lastBodyEnd > this.#limits.chunkOverheadBytesMax) return this.#fail('CHUNK_OVERHEAD')
      if (consumed !== MORE) return consumed
    }
    this.#lastBodyEnd -= bytes.length
    return MORE
  }

  #execute(bytes: Buffer, start: number, end: number, offset: number): number {
    memory.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), piece)
    current = this
    pieceOffset = offset - piece
    const code = llhttp.llhttp_execute(this.#parser, piece, end - start)
    if (code === 0) return MORE
    if (code === PAUSED) return start + llhttp.llhttp_get_error_pos(this.#parser) - piece
    if (code !== USER_ERROR) this.error = `${ERROR_NAMES.get(code)}: ${this.#reason()}`
    return FAILED
  }

  #reason(): string {
    const start = llhttp.llhttp_get_error_reason(this.#parser)
    return Buffer.from(memory.subarray(start, memory.indexOf(0, start))).toString('latin1')
  }

  #fail(error: string): typeof FAILED {
    this.error = error
    return FAILED
  }

  #userError(error: string): number {
    this.error = error
    return USER_ERROR
  }

  onTarget(at: number, length: number): number {
    if (this.targetEnd === 0) this.targetStart = at
    this.targetEnd = at + length
    return 0
  }

  onName(at: number, length: number): number {
    if (!this.#inHead) return 0 // a trailer: dropped
    if (this.#inValue) this.#endHeader()
    if (this.#nameStart < 0) this.#nameStart = at
    this.#nameEnd = at + length
    return 0
  }

  onValue(at: number, length: number): number {
    if (!this.#inHead) return 0
    if (!this.#inValue) {
      if (this.table.count === this.#limits.headersMax) {
        this.tooManyHeaders = true
        return this.#userError('HEADERS_MAX')
      }
      this.#inValue = true
      this.#valueStart = at
    } else if (at !== this.#valueEnd) {
      return this.#userError('FOLDED_VALUE')
    }
    this.#valueEnd = at + length
    return 0
  }

  onHeadComplete(status: number): number {
    if (this.#inValue) this.#endHeader()
    this.status = status
    return PAUSED
  }

  onBody(at: number, length: number): number {
    if (at - this.#lastBodyEnd > this.#limits.chunkOverheadBytesMax) return this.#userError('CHUNK_OVERHEAD')
    this.#spans.push(at, at + length)
    this.#lastBodyEnd = at + length
    return 0
  }

  #endHeader(): void {
    this.table.add(this.#nameStart, this.#nameEnd, this.#valueStart, this.#valueEnd)
    this.#inValue = false
    this.#nameStart = -1
  }
}
