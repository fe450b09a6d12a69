import type { Socket } from 'node:net'
import { freeMemory } from './free-memory.ts'
import { writes } from './stages.ts'

/** Up to here a copy into one buffer costs less than a second write. */
const COPY_BYTES_MAX = 16_384

/**
 * Writes one message after the other. What one turn brings leaves in one write, however many pieces it has: the head
 * together with the first of its body.
 */
export class MessageWriter {
  readonly #socket: Socket
  #head = ''
  #chunked = false
  /** The first that this turn has brought; most bring no second. */
  #first: string | Uint8Array | undefined
  #awaitsSend = false
  #corked = false

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** A whole head that no body follows. */
  interim(head: string): void {
    this.#writeHead()
    this.#put(head)
  }

  /** The head leaves with what its turn brings of the body. @param head latin1, whole, validated */
  begin(head: string, chunked: boolean): void {
    this.#writeHead()
    this.#head = head
    this.#chunked = chunked
    this.#sendLater()
  }

  /**
   * Writes a piece of the body.
   * @param own whether its bytes are nobody else's: they are gone when this connection has sent them
   * @returns false when the socket should drain before more comes
   */
  write(piece: Uint8Array, own: boolean): boolean {
    if (piece.length === 0) return true
    const prefix = this.#chunked ? `${this.#head}${piece.length.toString(16)}\r\n` : this.#head
    this.#head = ''
    if (prefix !== '') {
      if (piece.length <= COPY_BYTES_MAX) return this.#put(this.#copied(prefix, piece))
      this.#put(prefix)
    }
    this.#passFirst()
    const free = own ? this.#socket.write(piece, freeing(piece)) : this.#socket.write(piece)
    return this.#chunked ? this.#socket.write('\r\n', 'latin1') : free
  }

  #copied(prefix: string, piece: Uint8Array): Buffer {
    const whole = Buffer.allocUnsafe(prefix.length + piece.length + (this.#chunked ? 2 : 0))
    whole.write(prefix, 0, 'latin1')
    whole.set(piece, prefix.length)
    if (this.#chunked) whole.write('\r\n', prefix.length + piece.length, 'latin1')
    return whole
  }

  end(): void {
    if (this.#chunked) {
      this.#put(`${this.#head}0\r\n\r\n`)
      this.#head = ''
    } else {
      this.#writeHead()
    }
  }

  /** The turn has brought what it could. */
  send(): void {
    this.#awaitsSend = false
    this.#writeHead()
    const first = this.#first
    this.#first = undefined
    if (first !== undefined) this.#socket.write(first, 'latin1')
    if (!this.#corked) return
    this.#corked = false
    this.#socket.uncork()
  }

  #writeHead(): void {
    if (this.#head === '') return
    this.#put(this.#head)
    this.#head = ''
  }

  /** @returns as `write` */
  #put(bytes: string | Uint8Array): boolean {
    if (this.#first === undefined && !this.#corked) {
      this.#first = bytes
      this.#sendLater()
      return !this.#socket.writableNeedDrain
    }
    this.#passFirst()
    return this.#socket.write(bytes, 'latin1')
  }

  /** There is a second. */
  #passFirst(): void {
    if (this.#first === undefined) return
    this.#corked = true
    this.#socket.cork()
    this.#socket.write(this.#first, 'latin1')
    this.#first = undefined
  }

  #sendLater(): void {
    if (this.#awaitsSend) return
    this.#awaitsSend = true
    writes.add(this)
  }
}

/** For a piece that has been sent. */
function freeing(piece: Uint8Array): (error?: Error | null) => void {
  return (error) => {
    if (!error) freeMemory(piece)
  }
}
