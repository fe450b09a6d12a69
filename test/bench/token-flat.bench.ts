import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '@gatehouse/testkit'
import pg from 'pg'
import { startSystem } from '../e2e/system.ts'
import { type Bench, below } from './measure.ts'
import { requestsPerSecond } from './wrk.ts'

const tokens = Number(process.env['GATEHOUSE_BENCH_TOKENS'] ?? 60_000)
const stepSeconds = 5
const mib = 1 << 20

/** What issued JWTs leave behind: nothing in the token service's tables, and no memory beyond that of a warm process. */
export const bench: Bench = {
  name: 'token-flat',
  async run() {
    await using opened = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'))
    opened.defer(() => rm(folder, { recursive: true, force: true }))
    const postgres = opened.use(await startPostgres())
    const pool = new pg.Pool({ connectionString: postgres.url, max: 1 })
    opened.defer(() => pool.end())
    const system = await startSystem('embedded', { GATEHOUSE_LOG_LEVEL: 'error', GATEHOUSE_POSTGRES_URL: postgres.url })
    opened.defer(() => system.dispose())
    const { issuer, client_id: clientId, client_secret: secret } = system.demo
    const script = join(folder, 'token.lua')
    await writeFile(script, 'wrk.method = "POST"\nwrk.body = "grant_type=client_credentials"\n')
    const headers = {
      'Content-Type': 'application/x-www-form-urlencoded',
      Authorization: `Basic ${Buffer.from(`${clientId}:${secret}`).toString('base64')}`,
    }
    const url = `${issuer}/orders/oauth2/v2/token`
    const issue = async () =>
      stepSeconds * (await requestsPerSecond({ url, headers, script, seconds: stepSeconds, connections: 32, cpu: 1 }))
    const pid = listenerOf(Number(new URL(issuer).port))
    for (let warm = 0; warm < Math.min(tokens, 60_000); ) warm += await issue()
    const before = { memory: residentBytes(pid), tables: await tableBytes(pool) }
    let issued = 0
    while (issued < tokens) issued += await issue()
    const grown = (value: number) => Math.max(0, value)
    const what = `after ${Math.round(issued)} JWTs more`
    return [
      below(
        'token-flat',
        `growth of the token service's tables ${what}`,
        'MiB',
        grown((await tableBytes(pool)) - before.tables) / mib,
        1,
      ),
      below(
        'token-flat',
        `growth of the whole process ${what}`,
        'MiB',
        grown(residentBytes(pid) - before.memory) / mib,
        64,
      ),
    ]
  },
}

function listenerOf(port: number): number {
  const listeners = execFileSync('ss', ['-ltnpH', `sport = :${port}`], { encoding: 'utf8' })
  return Number(/pid=(\d+)/.exec(listeners)?.[1])
}

function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) * 1024
}

/** Tables and indexes; the decision records of the tokens are another service's. */
async function tableBytes(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ bytes: string }>(
    `SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) AS bytes FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = 'token' AND c.relkind = 'r'`,
  )
  return Number(rows[0]?.bytes)
}
