import { setTimeout as sleep } from 'node:timers/promises'
import { GatehouseError } from '@gatehouse/errors'

const delaysMs = [20, 100, 300, 600]

/**
 * Runs a command, and once its commit went unanswered, again: the stored answer tells whether it was written. As long as
 * that cannot be asked the command stays unknown, whatever the later attempts fail with.
 */
export async function askAgain<Answer>(attempt: () => Promise<Answer>): Promise<Answer> {
  try {
    return await attempt()
  } catch (error) {
    if (!isUnavailable(error) || error.reason !== 'COMMIT_UNKNOWN') throw error
    for (const delayMs of delaysMs) {
      await sleep(delayMs)
      const answer = await attempt().catch((later: unknown) => {
        if (!isUnavailable(later)) throw later
        return undefined
      })
      if (answer) return answer
    }
    throw error
  }
}

function isUnavailable(error: unknown): error is GatehouseError {
  return error instanceof GatehouseError && error.status === 'UNAVAILABLE'
}
