import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Writable } from 'node:stream'

/**
 * The shell between us and the server. It holds the read end of a pipe that only we hold open: however we end, kill -9
 * included, the kernel closes the pipe and the shell ends the server. Descriptor 4 is that pipe; the server and the
 * waiting shell do not inherit it. Descriptor 3, where given, is a tether (see `onRelease`) that the server holds.
 */
const script = `
signal=$1; shift
exec 4<&0
"$@" </dev/null >&2 4<&- &
server=$!
{ read -r _ <&4; kill -s "$signal" "$server"; sleep 5; kill -s KILL "$server"; } >/dev/null 2>&1 3>&- &
watcher=$!
exec 4<&-
echo "$server"
wait "$server"
code=$?
kill -s KILL "$watcher"
exit "$code"
`

export interface TiedProcessOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly directory?: string
  /** Where output goes, appended. */
  readonly logFile: string
  /** Sent to the process when this one is gone; SIGKILL follows 5 s later. */
  readonly lastSignal: NodeJS.Signals
  readonly tether?: Tether | undefined
}

export interface TiedProcess {
  readonly pid: number
  /** Resolves, never rejects, with the exit code (128 + signal number when a signal ended it). */
  readonly exited: Promise<number>
  /** Sends a signal; false when the process is gone already. */
  signal(signal: NodeJS.Signals): boolean
}

/**
 * Starts a process, in a session of its own, that does not outlive this one.
 * @throws when the command cannot be started at all; a command that ends at once is seen by `exited`.
 */
export async function startTied(options: TiedProcessOptions): Promise<TiedProcess> {
  const log = openSync(options.logFile, 'a', 0o600)
  const shell = spawn('/bin/sh', ['-c', script, 'sh', options.lastSignal.slice(3), options.command, ...options.args], {
    cwd: options.directory,
    env: options.env ?? process.env,
    detached: true,
    stdio: ['pipe', 'pipe', log, options.tether?.end ?? 'ignore'],
  })
  closeSync(log)
  const exited = once(shell, 'exit').then(([code]: number[]) => code ?? 137)
  shell.stdin?.on('error', () => {})
  const lines = createInterface({ input: shell.stdout as NodeJS.ReadableStream })
  const [line] = (await Promise.race([once(lines, 'line'), exited.then(() => [''])])) as [string]
  const pid = Number(line)
  if (!(pid > 0)) throw new Error(`cannot start ${options.command}, see ${options.logFile}`)
  let running = true
  void exited.then(() => {
    running = false
  })
  return { pid, exited, signal: (signal) => running && signalTo(pid, signal) }
}

function signalTo(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

/** Something to be done once this process, and every tied process that was given the tether, is gone. */
export interface Tether {
  /** The end to hold. */
  readonly end: Writable
  /** Lets go of our end and waits until all is gone and the command has run. */
  release(): Promise<void>
}

/** Runs a command when the returned tether is held by nobody any more. For what a run leaves: directories, containers. */
export function onRelease(command: string, ...args: string[]): Tether {
  const shell = spawn('/bin/sh', ['-c', 'read -r _; exec "$@"', 'sh', command, ...args], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const exited = once(shell, 'exit')
  shell.unref()
  const end = shell.stdin as Writable & { unref?(): void }
  end.on('error', () => {})
  end.unref?.()
  return {
    end,
    async release() {
      shell.ref()
      end.end()
      await exited
    },
  }
}
