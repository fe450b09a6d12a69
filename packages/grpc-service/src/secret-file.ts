import { randomUUID } from 'node:crypto'
import { link, mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * What stands in a file that its owner alone can read; made where there is none. It stands there whole, or not at all: of
 * processes that start at once one makes it, and all of them read that.
 */
export async function readOrMakeSecret(path: string, make: () => string | Buffer): Promise<Buffer> {
  const present = await readUnlessMissing(path)
  if (present) return present
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const aside = `${path}.${randomUUID()}`
  try {
    await using file = await open(aside, 'wx', 0o600)
    await file.writeFile(make())
    await file.sync()
    await link(aside, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(aside, { force: true })
  }
  return await readFile(path)
}

async function readUnlessMissing(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return undefined
  }
}
