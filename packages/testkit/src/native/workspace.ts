import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { onRelease, type Tether } from '@gatehouse/standalone/tied-process'

/** A directory for a server's data that goes away with the run, however the run ends. */
export interface Workspace {
  readonly directory: string
  readonly tether: Tether
  release(): Promise<void>
}

/** @param kept a directory that outlives the run instead */
export async function openWorkspace(name: string, kept?: string): Promise<Workspace> {
  if (kept !== undefined) {
    await mkdir(kept, { recursive: true, mode: 0o700 })
    const tether = onRelease('true')
    return { directory: kept, tether, release: () => tether.release() }
  }
  const directory = await mkdtemp(join(tmpdir(), `gatehouse-${name}-`))
  const tether = onRelease('rm', '-rf', directory)
  return { directory, tether, release: () => tether.release() }
}

/**
 * A folder of the cache outside the clone, filled the first time. It is filled beside its place and renamed when
 * complete, so that neither an interrupted fetch nor two at once leave a half.
 */
export async function fetchOnce(name: string, fill: (part: string) => Promise<void>): Promise<string> {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'gatehouse')
  const folder = join(cache, name)
  if (await exists(folder)) return folder
  await mkdir(cache, { recursive: true })
  const part = await mkdtemp(join(cache, 'part-'))
  try {
    await fill(part)
    await rename(part, folder).catch(async (error: unknown) => {
      if (!(await exists(folder))) throw error
    })
  } finally {
    await rm(part, { recursive: true, force: true })
  }
  return folder
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
