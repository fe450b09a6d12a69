export interface TailOptions {
  readonly head: () => Promise<bigint>
  readonly pollMs: number
}

interface Waiter {
  readonly after: bigint
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Wakes whoever waits for the log to grow: at once for appends of this process, by polling for those of others. It
 * polls only while somebody waits: one primary-key read of one row, however many wait.
 */
export function createTail({ head, pollMs }: TailOptions) {
  const waiters = new Set<Waiter>()
  const listeners = new Set<(head: bigint) => void>()
  let timer: NodeJS.Timeout | undefined

  function wake(position: bigint): void {
    for (const waiter of waiters) if (position > waiter.after) waiter.resolve()
  }

  function poll(): void {
    if (timer || waiters.size === 0) return
    timer = setTimeout(async () => {
      await head().then(wake, (error: unknown) => {
        for (const waiter of waiters) waiter.reject(error)
      })
      timer = undefined
      poll()
    }, pollMs)
  }

  return {
    appended(position: bigint): void {
      wake(position)
      for (const listener of listeners) listener(position)
    },
    onAppended(listener: (head: bigint) => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async appendedAfter(after: bigint, signal?: AbortSignal): Promise<void> {
      signal?.throwIfAborted()
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const waiter = { after, resolve, reject }
      const abort = () => reject(signal?.reason)
      signal?.addEventListener('abort', abort, { once: true })
      waiters.add(waiter)
      // What was appended between the caller's last look and this line woke nobody.
      void head().then((position) => position > after && resolve(), reject)
      poll()
      try {
        await promise
      } finally {
        waiters.delete(waiter)
        signal?.removeEventListener('abort', abort)
      }
    },
    /** Ends every wait. */
    close(): void {
      for (const waiter of waiters) waiter.reject(new Error('the event store is closed'))
      clearTimeout(timer)
    },
  }
}
