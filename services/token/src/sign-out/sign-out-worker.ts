import type { TokenParts } from '../token-parts.ts'
import { deliverLogouts, type LogoutDelivery } from './logout-deliveries.ts'

type Parts = Pick<TokenParts, 'store' | 'state' | 'views' | 'keys' | 'signOuts'>

export interface SignOutWorkerOptions {
  readonly onError: (error: unknown) => void
  /** A client could not be told that a session is over. */
  readonly onGivenUp: (delivery: LogoutDelivery, error: unknown) => void
}

/** How often it is looked for what other instances noted, and for what is to be tried again. */
const everyMs = 2_000

/** Does what the ends of sessions bring about, as soon as they are written. */
export function startSignOutWorker(parts: Parts, { onError, onGivenUp }: SignOutWorkerOptions) {
  let running: Promise<void> | undefined
  let again = false
  let closed = false

  async function run(): Promise<void> {
    do {
      again = false
      await parts.signOuts.work().catch(onError)
      await deliverLogouts(parts, onGivenUp).catch(onError)
    } while (again && !closed)
    running = undefined
  }
  const wake = () => {
    again = true
    if (!closed) running ??= run()
  }
  const stop = parts.store.onAppended(wake)
  const timer = setInterval(wake, everyMs)
  wake()
  return {
    async close() {
      closed = true
      stop()
      clearInterval(timer)
      await running
    },
  }
}
