import type { Logger } from '@gatehouse/grpc-service'
import type pg from 'pg'
import { growTree } from './store/tree.ts'

/** A record is in the tree about so long after it is stored, or as soon as somebody asks for a proof. */
const AFTER_MS = 1000

export interface TreeGrowth {
  /** Says that records were stored. */
  appended(): void
  /** Resolves once the tree has every record that is stored now. */
  catchUp(): Promise<void>
  close(): Promise<void>
}

/** Keeps the tree behind the ledger; what was stored before is taken at once. */
export function startTreeGrowth(pool: pg.Pool, logger: Logger): TreeGrowth {
  let running = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let closed = false

  async function grow(): Promise<void> {
    while (!closed && (await growTree(pool)));
  }

  /** One after the other: each sees all that was stored when it was asked for. */
  function catchUp(): Promise<void> {
    const grown = running.then(grow)
    running = grown.catch((err: unknown) => logger.warn({ err }, 'the tree over the ledger does not grow'))
    return grown
  }

  function appended(): void {
    if (closed) return
    timer ??= setTimeout(() => {
      timer = undefined
      // Said above; the next append tries again.
      catchUp().catch(() => undefined)
    }, AFTER_MS).unref()
  }

  appended()
  return {
    appended,
    catchUp,
    async close() {
      closed = true
      clearTimeout(timer)
      await running
    },
  }
}
