import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startTied } from './tied-process.ts'

export interface ServiceProcessOptions {
  /** The folder below `services/`. */
  readonly name: string
  readonly environment: NodeJS.ProcessEnv
  /** `host:port` of its `/readyz`. */
  readonly ops: string
  readonly logFile: string
}

export interface ServiceProcess {
  readonly pid: number
  /** Resolves with the exit code when the process is gone, for whatever reason. */
  readonly exited: Promise<number>
  /** False when the process is gone already. */
  signal(signal: NodeJS.Signals): boolean
  /** Tells of an end that `stop` did not ask for. */
  onEnd(listener: (exitCode: number) => void): void
  /** Drains and stops; resolves when the process is gone. */
  stop(): Promise<void>
}

const readyMsMax = 30_000

/** Starts a service as its own process and waits until it is ready. @throws Error with its own last words when it ends first */
export async function startServiceProcess(options: ServiceProcessOptions): Promise<ServiceProcess> {
  const { name, environment, ops, logFile } = options
  const main = join(import.meta.dirname, '..', '..', '..', 'services', name, 'src', 'main.ts')
  const service = await startTied({
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', main],
    env: environment,
    logFile,
    lastSignal: 'SIGTERM',
  })
  let asked = false
  let ended = false
  void service.exited.then(() => {
    ended = true
  })
  const deadline = performance.now() + readyMsMax
  while (!(await isReady(ops))) {
    if (ended || performance.now() > deadline) {
      service.signal('SIGKILL')
      throw new Error(`the ${name} service does not start: ${await lastWords(logFile)}`)
    }
    await sleep(50)
  }
  return {
    pid: service.pid,
    exited: service.exited,
    signal: service.signal,
    onEnd(listener) {
      void service.exited.then((code) => !asked && listener(code))
    },
    async stop() {
      asked = true
      service.signal('SIGTERM')
      await service.exited
    },
  }
}

async function isReady(ops: string): Promise<boolean> {
  return fetch(`http://${ops}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  )
}

/** The plain lines at the end of its output, or where it logged as ever what its last log line tells. */
async function lastWords(logFile: string): Promise<string> {
  const log = await readFile(logFile, 'utf8').catch(() => '')
  const last = log.trim().split('\n').slice(-3)
  const plain = last.filter((line) => !line.startsWith('{'))
  return plain.length > 0 ? plain.join(' ') : toldBy(last.at(-1) ?? '')
}

function toldBy(logLine: string): string {
  try {
    const { msg, err } = JSON.parse(logLine) as { readonly msg?: string; readonly err?: { readonly message?: string } }
    return [msg, err?.message].filter(Boolean).join(': ')
  } catch {
    return logLine
  }
}
