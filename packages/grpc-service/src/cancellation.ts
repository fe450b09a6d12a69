import type { GatehouseError } from '@gatehouse/errors'

/** Why a call need not go on, once it need not. No AbortController before somebody asks for its signal: few do. */
export class Cancellation {
  #reason: GatehouseError | undefined
  #controller: AbortController | undefined
  #reject: (reason: GatehouseError) => void = () => undefined

  /** Aborted by `cancel`. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.#reason) this.#controller.abort(this.#reason)
    return this.#controller.signal
  }

  /** Counts once. */
  cancel(reason: GatehouseError): void {
    if (this.#reason) return
    this.#reason = reason
    this.#controller?.abort(reason)
    this.#reject(reason)
  }

  /** The result of the work, or a rejection as soon as it is cancelled: whichever comes first. For one piece of work. */
  race<Result>(work: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#reject = reject
      work.then(resolve, reject)
      if (this.#reason) reject(this.#reason)
    })
  }
}
