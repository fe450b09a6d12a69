import type { Logger } from '@gatehouse/grpc-service'
import type pg from 'pg'
import { dayOf, dropDays } from './store/days.ts'

const DAY_MS = 86_400_000
const EVERY_MS = 3_600_000

export interface RetentionOptions {
  readonly pool: pg.Pool
  /** Whole days for which a record is kept after the one on which it came; 0 for ever. */
  readonly days: number
  readonly logger: Logger
  readonly now?: () => number
}

/** Drops what is older, now and every hour; what fails is done the next time. */
export function startRetention({ pool, days, logger, now = Date.now }: RetentionOptions): { close(): Promise<void> } {
  if (days === 0) return { close: async () => undefined }
  let dropping = Promise.resolve()
  const drop = () => {
    dropping = dropping
      .then(() => dropDays(pool, dayOf(now() - days * DAY_MS)))
      .then((dropped) => {
        if (dropped.length > 0) logger.info({ days: dropped }, 'decisions older than the retention were dropped')
      })
      .catch((err: unknown) => logger.warn({ err }, 'decisions older than the retention are still there'))
  }
  drop()
  const timer = setInterval(drop, EVERY_MS).unref()
  return {
    async close() {
      clearInterval(timer)
      await dropping
    },
  }
}
