import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const bytesHeldMax = 1 << 20

/** One direction of a proxy: lets bytes pass, late or slowly or not at all. */
export class Valve {
  delayMs = 0
  bytesPerSecond = Number.POSITIVE_INFINITY
  #passable = Promise.resolve()
  #open: (() => void) | undefined

  shut(): void {
    if (this.#open) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#passable = promise
    this.#open = resolve
  }

  open(): void {
    this.#open?.()
    this.#open = undefined
  }

  reset(): void {
    this.delayMs = 0
    this.bytesPerSecond = Number.POSITIVE_INFINITY
    this.open()
  }

  /** Pipes one socket into the other, its end and its breaking included. */
  join(from: Socket, to: Socket): void {
    let last = Promise.resolve()
    let held = 0
    const inOrder = (step: () => Promise<unknown> | unknown) => {
      const due = performance.now() + this.delayMs
      last = last.then(async () => {
        await sleepUntil(due)
        await this.#passable
        if (!to.destroyed) await step()
      })
    }
    from.on('data', (chunk: Buffer) => {
      held += chunk.length
      if (held > bytesHeldMax) from.pause()
      inOrder(async () => {
        await this.#pass(chunk, to)
        held -= chunk.length
        if (held <= bytesHeldMax) from.resume()
      })
    })
    from.on('end', () => inOrder(() => to.end()))
    from.on('error', () => to.resetAndDestroy())
  }

  async #pass(chunk: Buffer, to: Socket): Promise<void> {
    for (let at = 0; at < chunk.length && !to.destroyed; ) {
      // A tenth of a second's worth at a time, so that a change of speed is soon felt.
      const size = Math.max(1, Math.min(chunk.length - at, Math.floor(this.bytesPerSecond / 10)))
      if (Number.isFinite(this.bytesPerSecond)) await sleep((size / this.bytesPerSecond) * 1000)
      await this.#passable
      await write(to, chunk.subarray(at, at + size))
      at += size
    }
  }
}

function sleepUntil(due: number): Promise<void> | undefined {
  const ms = due - performance.now()
  return ms > 0 ? sleep(ms) : undefined
}

/** Resolves when the socket wants more, or is gone. */
function write(to: Socket, bytes: Buffer): Promise<void> | undefined {
  if (to.destroyed || to.write(bytes)) return undefined
  const { promise, resolve } = Promise.withResolvers<void>()
  const done = () => {
    to.off('drain', done).off('close', done)
    resolve()
  }
  to.on('drain', done).on('close', done)
  return promise
}
