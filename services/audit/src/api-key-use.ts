import type { ApiKeyUse } from '@gatehouse/contracts/credential/v1/credential_service'
import type { Logger } from '@gatehouse/grpc-service'
import type { KeyedRecord } from './store/copy-decisions.ts'

/** Of CredentialService.RecordApiKeyUse. */
export type RecordApiKeyUse = (request: { readonly uses: readonly ApiKeyUse[] }) => Promise<unknown>

export interface ApiKeyUseReporter {
  note(records: readonly KeyedRecord[]): void
  /** Reports what is left, once. */
  close(): Promise<void>
}

const KEYS_PER_CALL = 1000
/** Keys that wait while the credential service is away; of more, the use is not told. */
const KEYS_WAITING_MAX = 100_000

/** Tells the credential service when keys were last let in: batched, latest time only, repeated until it is taken. */
export function startApiKeyUseReporter(record: RecordApiKeyUse, logger: Logger, intervalMs = 5000): ApiKeyUseReporter {
  const waiting = new Map<string, number>()
  let reporting: Promise<void> = Promise.resolve()

  async function report(): Promise<void> {
    while (waiting.size > 0) {
      const batch = [...waiting].slice(0, KEYS_PER_CALL)
      await record({ uses: batch.map(([apiKeyId, ms]) => ({ apiKeyId, lastUseTime: new Date(ms) })) })
      // A use that was noted meanwhile is later and stays.
      for (const [id, ms] of batch) if (waiting.get(id) === ms) waiting.delete(id)
    }
  }

  function reportNext(): Promise<void> {
    reporting = reporting
      .then(report)
      .catch((err: unknown) => logger.warn({ err }, 'last use of API keys not reported'))
    return reporting
  }

  const timer = setInterval(reportNext, intervalMs).unref()
  return {
    note(records) {
      for (const { keys } of records) {
        const { allowed, authMethod, credentialId, timeMs } = keys
        if (!allowed || authMethod !== 'api_key' || !credentialId) continue
        const known = waiting.get(credentialId)
        if (known === undefined && waiting.size >= KEYS_WAITING_MAX) continue
        waiting.set(credentialId, Math.max(known ?? 0, timeMs))
      }
    },
    async close() {
      clearInterval(timer)
      await reportNext()
    },
  }
}
