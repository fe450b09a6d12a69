import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startTied } from '@gatehouse/standalone/tied-process'
import type { Life } from '../server.ts'
import type { Workspace } from './workspace.ts'

export interface ProcessOptions {
  /** For messages. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly workspace: Workspace
  readonly lastSignal: NodeJS.Signals
  /** Resolves when the server answers. */
  ready(): Promise<unknown>
}

/** One life of a server process. @throws with the end of its log when it dies before it answers. */
export async function startProcess(options: ProcessOptions): Promise<Life> {
  const { name, workspace } = options
  const logFile = join(workspace.directory, `${name}.log`)
  const child = await startTied({ ...options, logFile, directory: workspace.directory, tether: workspace.tether })
  const died = child.exited.then(async (code) => {
    const log = (await readFile(logFile, 'utf8').catch(() => '')).trim().split('\n').slice(-8).join('\n')
    throw new Error(`${name} ended with code ${code} before it answered:\n${log}`)
  })
  died.catch(() => {})
  try {
    await Promise.race([options.ready(), died])
  } catch (error) {
    child.signal('SIGKILL')
    throw error
  }
  return {
    pid: child.pid,
    exited: child.exited,
    signal: child.signal,
    pause: () => child.signal('SIGSTOP'),
    resume: () => child.signal('SIGCONT'),
  }
}
