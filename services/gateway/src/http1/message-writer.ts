import type { Socket } from 'node:net'
import { freeMemory } from './free-memory.ts'
import { writes } from './stages.ts'

/** Up to here a copy into one buffer costs less than a second write. */
const COPY_BYTES_MAX = 16_384

/** Writes one message after the other: the head leaves together with the first piece of its body. */
export class MessageWriter {
  readonly #socket: Socket
  #head = ''
  #chunked = false
  #corked = false

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** The head leaves with what its turn brings of the body. @param head latin1, whole, validated */
  begin(head: string, chunked: boolean): void {
    this.#cork()
    this.#writeHead()
    this.#head = head
    this.#chunked = chunked
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
      this.#cork()
      if (piece.length <= COPY_BYTES_MAX) return this.#writeCopy(prefix, piece)
      this.#socket.write(prefix, 'latin1')
    }
    const free = own ? this.#socket.write(piece, freeing(piece)) : this.#socket.write(piece)
    return this.#chunked ? this.#socket.write('\r\n', 'latin1') : free
  }

  #writeCopy(prefix: string, piece: Uint8Array): boolean {
    const whole = Buffer.allocUnsafe(prefix.length + piece.length + (this.#chunked ? 2 : 0))
    whole.write(prefix, 0, 'latin1')
    whole.set(piece, prefix.length)
    if (this.#chunked) whole.write('\r\n', prefix.length + piece.length, 'latin1')
    return this.#socket.write(whole)
  }

  end(): void {
    if (this.#chunked) {
      this.#cork()
      this.#socket.write(`${this.#head}0\r\n\r\n`, 'latin1')
      this.#head = ''
    } else {
      this.#writeHead()
    }
  }

  /** The turn has brought what it could. */
  send(): void {
    this.#writeHead()
    this.#corked = false
    this.#socket.uncork()
  }

  #writeHead(): void {
    if (this.#head === '') return
    this.#socket.write(this.#head, 'latin1')
    this.#head = ''
  }

  /** What one turn brings leaves in one write, however many chunks it has. */
  #cork(): void {
    if (this.#corked) return
    this.#corked = true
    this.#socket.cork()
    writes.add(this)
  }
}

/** For a piece that has been sent. */
function freeing(piece: Uint8Array): (error?: Error | null) => void {
  return (error) => {
    if (!error) freeMemory(piece)
  }
}
