import type { TokenParts } from '../token-parts.ts'
import { deliverLogouts, type LogoutDelivery } from './logout-deliveries.ts'

type Parts = Pick<TokenParts, 'store' | 'state' | 'views' | 'keys' | 'signOuts'>

export interface SignOutWorkerOptions {
  readonly onError: (error: unknown) => void
  /** A client could not be told that a session is over. */
  readonly onGivenUp: (delivery: LogoutDelivery, error: unknown) => void
}

/** Two small queries: less than to look at every append, of which few end a session. */
const everyMs = 500

/** Does what the ends of sessions bring about, whoever wrote them. */
export function startSignOutWorker(parts: Parts, { onError, onGivenUp }: SignOutWorkerOptions) {
  let running: Promise<void> | undefined

  async function run(): Promise<void> {
    await parts.signOuts.work().catch(onError)
    await deliverLogouts(parts, onGivenUp).catch(onError)
    running = undefined
  }
  const timer = setInterval(() => {
    running ??= run()
  }, everyMs)
  return {
    async close() {
      clearInterval(timer)
      await running
    },
  }
}
