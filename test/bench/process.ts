import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { waitFor } from '@gatehouse/testkit'

/** A process of a benchmark, held on one processor. */
export interface Pinned {
  readonly child: ChildProcess
  stop(): Promise<void>
}

const atExit: (() => void)[] = []
process.once('exit', () => {
  // The last first: a process is gone before the folder that it writes to.
  for (const undo of atExit.reverse()) undo()
})

/** @param cpu the processor that the whole process may use, or a list of them: `0,1` */
export function startPinned(
  cpu: number | string,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Pinned {
  const child = spawn('taskset', ['-c', String(cpu), command, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  atExit.push(() => child.kill('SIGKILL'))
  return {
    child,
    stop: async () => {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 3000)
      await ended
      clearTimeout(timer)
    },
  }
}

/** Holds this process, and what it starts meanwhile, on one processor: the other is for what is measured. */
export function holdOn(cpu: number | string): Disposable {
  const affinity = (...args: string[]) => execFileSync('taskset', ['-a', '-c', '-p', ...args], { encoding: 'utf8' })
  const pid = String(process.pid)
  const before = /list: (\S+)/.exec(affinity(pid))?.[1] ?? String(cpu)
  affinity(String(cpu), pid)
  return { [Symbol.dispose]: () => void affinity(before, pid) }
}

/** Seconds of processor time that a process has used, all its threads together. */
export function processorSeconds({ child }: { readonly child: { readonly pid?: number | undefined } }): number {
  const stat = readFileSync(`/proc/${child.pid}/stat`, 'latin1')
  // Behind the name, which may hold spaces: fields 14 and 15 (proc(5)), in ticks of 10 ms.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** The processes that a process has started. */
export function childrenOf({ child }: Pinned): readonly { readonly child: { readonly pid: number } }[] {
  const pids = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'latin1').trim()
  return pids.split(' ').map((pid) => ({ child: { pid: Number(pid) } }))
}

/** Physical memory that a process holds now (proc(5), VmRSS), in MB of 2^20 bytes. */
export function residentMegabytes({ child }: Pinned): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'latin1'))?.[1]) / 1024
}

/** A folder that is gone with this process. */
export function scratchFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `gatehouse-${name}-`))
  atExit.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Waits until something listens. */
export function listening(port: number): Promise<unknown> {
  return waitFor(
    () =>
      new Promise<boolean>((resolve) => {
        const socket = createConnection(port, '127.0.0.1')
        socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
        socket.once('connect', () => socket.destroy())
      }),
    { timeoutMs: 60_000 },
  )
}
