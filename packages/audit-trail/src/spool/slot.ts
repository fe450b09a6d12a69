import { type FileHandle, open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** A preallocated file. Its name means nothing; its header says what it holds. */
export interface Slot {
  readonly path: string
  readonly file: FileHandle
  readonly bytes: number
}

const SUFFIX = '.spool'
const ZEROS = Buffer.alloc(1 << 20)

/** Every file of the spool, in no order. */
export async function openSlots(directory: string): Promise<Slot[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(SUFFIX))
  return Promise.all(
    names.map(async (name) => {
      const path = join(directory, name)
      const file = await open(path, 'r+')
      return { path, file, bytes: (await file.stat()).size }
    }),
  )
}

/**
 * Creates a file of zeros, so that a later fdatasync writes data and no metadata, and a full disk is met here.
 * Both the file and its name are durable before anything is written to it. Rejects (ENOSPC, EIO) leaving no file.
 */
export async function createSlot(directory: string, name: string, bytes: number): Promise<Slot> {
  const path = join(directory, `${name}${SUFFIX}`)
  const file = await open(path, 'wx+')
  try {
    for (let at = 0; at < bytes; ) {
      at += (await file.write(ZEROS, 0, Math.min(ZEROS.length, bytes - at), at)).bytesWritten
      // Piece by piece: the records of the present file wait for what else the disk has to write.
      await file.datasync()
    }
    await syncDirectory(directory)
    return { path, file, bytes }
  } catch (error) {
    await file.close()
    await rm(path, { force: true })
    throw error
  }
}

export async function deleteSlot(slot: Slot): Promise<void> {
  await slot.file.close()
  await rm(slot.path, { force: true })
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
