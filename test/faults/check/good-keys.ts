import { type History, isAllow } from '../history.ts'

/** A key that is long known and was never acted on is let in, or told 503: nothing says that it is wrong. */
export function checkGoodKeys({ commands, calls }: History, knownSince: number): string[] {
  const touched = new Set(commands.filter(({ action }) => action !== 'issue').map(({ keyId }) => keyId))
  const good = new Set(
    commands
      .filter(({ action, outcome, endedAt }) => action === 'issue' && outcome === 'ok' && endedAt < knownSince)
      .flatMap(({ keyId }) => (keyId && !touched.has(keyId) ? [keyId] : [])),
  )
  return calls
    .filter((call) => good.has(call.keyId) && call.invokedAt >= knownSince)
    .filter((call) => call.status !== undefined && call.status !== 503 && !isAllow(call))
    .map(({ gateway, status, keyId, requestId }) => `${gateway} told good key ${keyId} ${status} (${requestId})`)
}
