import { deadlines, type Waiting } from '../http1/deadlines.ts'

/** The disk did not take the record in time: it may or may not be there after a crash, so nothing may be answered on it. */
export class RecordNotDurable extends Error {
  override readonly name = 'RecordNotDurable'
}

const patienceMs = 5000

interface Waiter {
  readonly go: () => void
  readonly failed: (error: Error) => void
}

/** One record on its way to the disk. */
export class Durable implements Waiting {
  deadline = 0
  #done = false
  #waiters: Waiter[] | undefined

  /** What the trail calls. */
  readonly settle = (): void => {
    this.#done = true
    if (this.#waiters === undefined) return
    deadlines.delete(this)
    for (const { go } of this.#waiters) go()
  }

  /** Open when the record is on disk; fails with RecordNotDurable when it is not there after 5 s. */
  readonly gate = (go: () => void, failed: (error: Error) => void): boolean => {
    if (this.#done) return true
    if (this.#waiters === undefined) {
      this.#waiters = []
      this.deadline = performance.now() + patienceMs
      deadlines.add(this)
    }
    this.#waiters.push({ go, failed })
    return false
  }

  expire(): void {
    deadlines.delete(this)
    const waiters = this.#waiters ?? []
    this.#waiters = undefined
    for (const { failed } of waiters) failed(new RecordNotDurable('the decision record is not on disk'))
  }
}
