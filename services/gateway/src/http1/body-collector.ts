import type { BodyFault, ForwardFailure } from './exchange.ts'
import type { ClientEvents } from './server-exchange.ts'

/** Keeps a body until it is whole, and never more of it than asked for. */
export class BodyCollector implements ClientEvents {
  readonly whole: Promise<Uint8Array | BodyFault>
  readonly #settle: (outcome: Uint8Array | BodyFault) => void
  readonly #bytesMax: number
  #pieces: Buffer[] = []
  #bytes = 0
  #over = false

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
    const { promise, resolve } = Promise.withResolvers<Uint8Array | BodyFault>()
    this.whole = promise
    this.#settle = resolve
  }

  requestPiece(piece: Buffer): void {
    if (this.#over) return
    this.#bytes += piece.length
    if (this.#bytes > this.#bytesMax) this.tooLarge()
    else this.#pieces.push(piece)
  }

  requestEnd(): void {
    const [first] = this.#pieces
    this.#end(first && this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces))
  }

  tooLarge(): void {
    this.#end('body_too_large')
  }

  requestFailed(failure: ForwardFailure): void {
    this.#end(failure === 'request_body_timeout' ? 'body_timeout' : 'body_malformed')
  }

  clientDrained(): void {}

  clientGone(): void {
    this.#end('client_gone')
  }

  /** What comes after the end is dropped. */
  #end(outcome: Uint8Array | BodyFault): void {
    if (this.#over) return
    this.#over = true
    this.#pieces = []
    this.#settle(outcome)
  }
}
