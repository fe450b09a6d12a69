import { fdatasync, writeSync } from 'node:fs'

/** The two calls a record's durability hangs on, as a port so that tests can make them fail. */
export interface SpoolDisk {
  /** Writes all bytes or throws. */
  write(fd: number, bytes: Uint8Array, position: number): void
  datasync(fd: number, done: (error: Error | null) => void): void
}

export const spoolDisk: SpoolDisk = {
  // Synchronous: into the page cache of a preallocated file, 1 µs per KiB, cheaper than a hop to the thread pool.
  write(fd, bytes, position) {
    let written = 0
    while (written < bytes.length) {
      written += writeSync(fd, bytes, written, bytes.length - written, position + written)
    }
  },
  datasync: fdatasync,
}
