import { readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** An unprivileged user for a server that refuses root. */
export interface RunAs {
  readonly uid: number
  readonly gid: number
  /** What to put before the command. */
  readonly prefix: readonly string[]
}

/**
 * The user for a child of root: `postgres` where the machine has it, else `nobody`. Undefined when we are not root.
 * A clone below /root (mode 0700) is closed to that user; there the child keeps one capability, to pass directories
 * (and the secure bit without which access(2), by which Postgres looks for its parts, would not count it).
 */
export async function runAs(paths: readonly string[]): Promise<RunAs | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  const user = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody')
  if (!user) throw new Error('Postgres refuses to run as root, and this machine has neither a user postgres nor nobody')
  const open = (await Promise.all(paths.map(openToAll))).every(Boolean)
  const keep = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--securebits=+no_setuid_fixup']
  const capability = open ? [] : keep
  return {
    uid: Number(user[2]),
    gid: Number(user[3]),
    prefix: ['setpriv', `--reuid=${user[2]}`, `--regid=${user[3]}`, '--clear-groups', ...capability, '--'],
  }
}

/** Whether every directory above the path lets everybody pass. */
async function openToAll(path: string): Promise<boolean> {
  for (let directory = dirname(path); directory !== dirname(directory); directory = dirname(directory)) {
    const mode = await stat(directory).then(
      (found) => found.mode,
      () => 0o1,
    )
    if ((mode & 0o1) === 0) return false
  }
  return true
}
