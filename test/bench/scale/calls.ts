import { setTimeout as sleep } from 'node:timers/promises'

export interface Answers {
  right: number
  /** 503: nothing was decided. */
  refused: number
  wrong: number
}

export interface Calls {
  /** Ends them and tells what was answered. */
  stop(): Promise<Answers>
}

const pauseMs = 5

/** What a key is answered; 0 where there is no answer. */
export async function statusOf(url: string, apiKey: string): Promise<number> {
  const response = await fetch(url, { headers: { 'x-api-key': apiKey } }).catch(() => undefined)
  await response?.body?.cancel()
  return response?.status ?? 0
}

/** Calls a gateway with keys that are good, which must be let in, and one that is revoked, which must not, by turns. */
export function startCalls(url: string, goodKeys: readonly string[], revokedKey: string): Calls {
  const answers: Answers = { right: 0, refused: 0, wrong: 0 }
  let stopped = false
  const call = async (key: string, expected: number) => {
    const status = await statusOf(url, key)
    if (status === expected) answers.right += 1
    else if (status === 503) answers.refused += 1
    else answers.wrong += 1
  }
  const run = async () => {
    for (let at = 0; !stopped; at += 1) {
      await call(goodKeys[at % goodKeys.length] ?? '', 200)
      await call(revokedKey, 401)
      await sleep(pauseMs)
    }
  }
  const running = run()
  return {
    async stop() {
      stopped = true
      await running
      return answers
    },
  }
}
