import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The absolute path of a program on the PATH. */
export async function onPath(program: string): Promise<string | undefined> {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const path = join(directory, program)
    if (await isExecutable(path)) return path
  }
  return undefined
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** Runs a program to its end. @throws with the last lines of what it said. */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {},
): Promise<string> {
  try {
    const env = { ...process.env, ...options.env }
    const { stdout, stderr } = await run(command, args, { ...options, env, maxBuffer: 64 << 20 })
    return stdout + stderr
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as { stdout?: string; stderr?: string; message: string }
    const said = `${stdout}${stderr}`.trim().split('\n').slice(-5).join('\n')
    throw new Error(`${command} ${args.join(' ')} failed: ${said || message}`, { cause: error })
  }
}

/** Installs a package of Debian's that brings a program of its name, where we are root. @returns the program's path */
export async function fromDebian(name: string): Promise<string | undefined> {
  if (process.getuid?.() !== 0 || !(await onPath('apt-get'))) return undefined
  process.stderr.write(`testkit: installing ${name}\n`)
  // In run level 1 a package does not start the service that it installs.
  const quiet = { env: { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' } }
  try {
    await runProgram('apt-get', ['update', '-qq'], quiet)
    await runProgram('apt-get', ['install', '-qq', '-y', '--no-install-recommends', name], quiet)
  } catch (error) {
    process.stderr.write(`testkit: ${(error as Error).message.split('\n')[0]}\n`)
  }
  return onPath(name)
}
