import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { postgresBinaries } from './postgres-binaries.ts'
import { type RunAs, runAs } from './run-as.ts'
import { startTied, type Tether, type TiedProcess } from './tied-process.ts'
import { unusedPort } from './unused-port.ts'

const run = promisify(execFile)

export interface EmbeddedPostgresOptions {
  /** Holds the cluster, its password (mode 0600) and its log; made when absent. */
  readonly directory: string
  /** On 127.0.0.1; a free one when absent. */
  readonly port?: number
  /** Off only where the data may be lost. Default on. */
  readonly fsync?: boolean
  /** Further server settings, by their names in postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>
  readonly tether?: Tether
}

export interface EmbeddedPostgres {
  /** `postgres://gatehouse:…@127.0.0.1:PORT/postgres`, a superuser. */
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Resolves with the exit code when the server ends, for whatever reason. */
  readonly exited: Promise<number>
  signal(signal: NodeJS.Signals): boolean
  /** Fast shutdown: open transactions are rolled back; resolves when the server is gone. */
  stop(): Promise<void>
}

/**
 * Starts Postgres as a child process on 127.0.0.1, initialising the directory the first time. The server ends with this
 * process, however that ends. As root it runs as `postgres` or `nobody`, since Postgres refuses root.
 * @throws Error with the server's own last words when it does not start.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const binaries = await postgresBinaries()
  await mkdir(options.directory, { recursive: true, mode: 0o700 })
  const cluster = join(options.directory, 'cluster')
  const as = await runAs([cluster, binaries.postgres])
  if (as) await chown(options.directory, as.uid, as.gid)
  const password = await initialise(binaries.initdb, options, cluster, as)
  const port = options.port ?? (await unusedPort('127.0.0.1'))
  const server = await startServer(binaries.postgres, options, cluster, port, as)
  return {
    url: `postgres://gatehouse:${password}@127.0.0.1:${port}/postgres`,
    port,
    pid: server.pid,
    exited: server.exited,
    signal: server.signal,
    async stop() {
      server.signal('SIGINT')
      await server.exited
    },
  }
}

/** Makes the cluster beside its place and renames it when complete, so that an interrupted start leaves no half. */
async function initialise(initdb: string, options: EmbeddedPostgresOptions, cluster: string, as: RunAs | undefined) {
  const passwordFile = join(options.directory, 'password')
  if (await exists(join(cluster, 'PG_VERSION'))) return (await readFile(passwordFile, 'utf8')).trim()
  const password = randomBytes(24).toString('base64url')
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  if (as) await chown(passwordFile, as.uid, as.gid)
  const part = `${cluster}.part`
  await rm(part, { recursive: true, force: true })
  const args = ['-D', part, '-U', 'gatehouse', `--pwfile=${passwordFile}`, '--auth=scram-sha-256']
  args.push('--encoding=UTF8', '--locale=C', '--no-instructions', ...(options.fsync === false ? ['--no-sync'] : []))
  const [command, ...rest] = [...(as?.prefix ?? []), initdb, ...args] as [string, ...string[]]
  await run(command, rest, { env: environment() }).catch((error: { stderr?: string; message: string }) => {
    throw new Error(`Postgres cannot be initialised in ${options.directory}: ${(error.stderr || error.message).trim()}`)
  })
  await rename(part, cluster)
  return password
}

async function startServer(
  postgres: string,
  options: EmbeddedPostgresOptions,
  cluster: string,
  port: number,
  as: RunAs | undefined,
): Promise<TiedProcess> {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    fsync: options.fsync === false ? 'off' : 'on',
    max_connections: '200',
    timezone: 'UTC',
    ...options.settings,
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const [command, ...args] = [...(as?.prefix ?? []), postgres, '-D', cluster, ...flags] as [string, ...string[]]
  const logFile = join(options.directory, 'postgres.log')
  const deadline = performance.now() + 30_000
  for (;;) {
    const logStart = (await exists(logFile)) ? (await stat(logFile)).size : 0
    const tether = options.tether
    const start = { command, args, env: environment(), directory: options.directory, logFile, tether }
    const server = await startTied({ ...start, lastSignal: 'SIGQUIT' })
    if (await ready(server, cluster, deadline)) return server
    server.signal('SIGQUIT')
    const log = (await readFile(logFile)).subarray(logStart).toString()
    // The server of a start that was just killed may still be on its way out.
    const held = /postmaster\.pid" already exists|pre-existing shared memory block/.test(log)
    if (!held || performance.now() > deadline - 24_000) throw new Error(startFailure(options.directory, log))
    await sleep(100)
  }
}

function startFailure(directory: string, log: string): string {
  if (/postmaster\.pid" already exists/.test(log)) {
    return `Postgres in ${directory} is in use by another process: only one may use a data directory`
  }
  const telling = log.split('\n').filter((line) => /FATAL|PANIC|ERROR|DETAIL|HINT|error while|could not/.test(line))
  const reasons = telling.map((line) => line.replace(/^.*?\[\d+\] [A-Z]+: +/, ''))
  return `Postgres in ${directory} does not start: ${reasons.join('; ') || log.trim() || 'no answer in 30 s'}`
}

/** Waits until the server says so in line 8 of its pid file, as pg_ctl does. False when it ended instead. */
async function ready(server: TiedProcess, cluster: string, deadline: number): Promise<boolean> {
  let ended = false
  void server.exited.then(() => {
    ended = true
  })
  while (!ended && performance.now() < deadline) {
    const lines = await readFile(join(cluster, 'postmaster.pid'), 'utf8').then(
      (text) => text.split('\n'),
      () => [],
    )
    if (Number(lines[0]) === server.pid && lines[7]?.trim() === 'ready') return true
    await sleep(10)
  }
  return false
}

/** Without the PG… variables of whoever calls: they would change what the server and initdb do. */
function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
