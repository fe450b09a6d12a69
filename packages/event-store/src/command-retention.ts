import type pg from 'pg'

const batchMax = 5000
const everyMs = 10 * 60_000

export interface CommandRetention {
  close(): Promise<void>
}

/** Forgets answers that are older than the retention, now and then, a batch at a time. Several instances may do it. */
export function startCommandRetention(pool: pg.Pool, schema: string, retentionMs: number): CommandRetention {
  let closed = false
  // What fails is done the next time.
  const run = () => forget(pool, schema, retentionMs, () => closed).catch(() => undefined)
  let running: Promise<unknown> = run()
  const timer = setInterval(() => {
    running = running.then(run)
  }, everyMs)
  timer.unref()
  return {
    async close() {
      closed = true
      clearInterval(timer)
      await running
    },
  }
}

async function forget(pool: pg.Pool, schema: string, retentionMs: number, stopped: () => boolean): Promise<void> {
  const text = `
    DELETE FROM ${schema}.command WHERE (caller, request_id) IN (
      SELECT caller, request_id FROM ${schema}.command WHERE complete_time < $1 ORDER BY complete_time LIMIT ${batchMax})`
  for (let forgotten = batchMax; forgotten === batchMax && !stopped(); ) {
    const { rowCount } = await pool.query(text, [new Date(Date.now() - retentionMs)])
    forgotten = rowCount ?? 0
  }
}
