import { deadlines, type Waiting } from '../http1/deadlines.ts'

/** The disk did not take the record in time: it may or may not be there after a crash, so nothing may be answered on it. */
export class RecordNotDurable extends Error {
  override readonly name = 'RecordNotDurable'
}

const patienceMs = 5000

/** One record on its way to the disk. */
export class Durable implements Waiting {
  deadline = 0
  #done = false
  #resolve: (() => void) | undefined
  #reject: ((error: Error) => void) | undefined
  #waited: Promise<void> | undefined

  /** What the trail calls. */
  readonly settle = (): void => {
    this.#done = true
    if (!this.#resolve) return
    deadlines.delete(this)
    this.#resolve()
  }

  /** Nothing when the record is on disk, else a promise that rejects with RecordNotDurable after 5 s. */
  wait(): Promise<void> | undefined {
    if (this.#done) return undefined
    this.#waited ??= new Promise((resolve, reject) => {
      this.deadline = performance.now() + patienceMs
      deadlines.add(this)
      this.#resolve = resolve
      this.#reject = reject
    })
    return this.#waited
  }

  expire(): void {
    deadlines.delete(this)
    this.#reject?.(new RecordNotDurable('the decision record is not on disk'))
  }
}
