import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Another process writes to this spool: two writers would give two records one identity. */
export class SpoolLocked extends Error {
  override readonly name = 'SpoolLocked'
  readonly directory: string

  constructor(directory: string) {
    super(`spool directory ${directory} is in use by another process`)
    this.directory = directory
  }
}

const SQLITE_BUSY = 5

/**
 * Takes a directory for this process; throws SpoolLocked when another one has it.
 * Node has no flock; SQLite's exclusive transaction is an fcntl lock, which the kernel drops with the process
 * (kill -9 leaves nothing stale), and which SQLite keeps exclusive inside one process too. The file stays empty.
 */
export function lockDirectory(directory: string): { release(): void } {
  const database = new DatabaseSync(join(directory, 'lock'))
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    const busy = error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY
    throw busy ? new SpoolLocked(directory) : error
  }
  return { release: () => database.close() }
}
