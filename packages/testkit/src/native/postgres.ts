import { readFile } from 'node:fs/promises'
import { startEmbeddedPostgres } from '@gatehouse/standalone/postgres'
import { freePort } from '../free-port.ts'
import type { PostgresOptions, PostgresServer } from '../postgres.ts'
import { startServer } from '../server.ts'
import { openWorkspace } from './workspace.ts'

export async function nativePostgres(options: PostgresOptions): Promise<PostgresServer> {
  const { directory, tether, release } = await openWorkspace('postgres')
  const start = { ...options, directory, tether, port: await freePort() }
  let url = ''
  const server = await startServer({
    source: 'native',
    signals: { immediate: 'SIGQUIT', fast: 'SIGINT' },
    release,
    async launch() {
      const postgres = await startEmbeddedPostgres(start)
      url = postgres.url
      const signalAll = async (signal: NodeJS.Signals) => {
        for (const pid of [postgres.pid, ...(await childrenOf(postgres.pid))]) signalTo(pid, signal)
      }
      return { ...postgres, pause: () => signalAll('SIGSTOP'), resume: () => signalAll('SIGCONT') }
    },
  })
  return Object.assign(server, { url, dataDir: directory })
}

/** A stopped postmaster leaves its backends answering, so they are stopped with it. */
async function childrenOf(pid: number): Promise<number[]> {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  return list.split(' ').filter(Boolean).map(Number)
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {} // it ended in between
}
