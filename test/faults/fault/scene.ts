import type { Installation } from '../installation.ts'
import type { Link, LinkName } from '../links.ts'
import type { Random } from '../random.ts'
import type { Workload } from '../workload.ts'

/** Where a fault happens: an installation with links, under load. */
export interface Scene {
  readonly installation: Installation
  readonly workload: Workload
  readonly random: Random
  /** A moment of the length that an outage has: in the short form so many ms, else up to three times as many. */
  outage(shortMs: number): Promise<void>
  /** How long a process took to be ready again, in ms. */
  ready(member: string, ms: number): void
}

/** Something that goes wrong, and is undone. */
export interface SceneFault {
  /** Words, the kind first: `kill gateway`. */
  readonly name: string
  /** Does it and undoes it; answers what did not hold meanwhile. */
  readonly run: (scene: Scene) => Promise<readonly string[]> | Promise<void>
  /** False where news of revocations must come through meanwhile as always. Default true. */
  readonly hinders?: boolean
}

export function linkOf({ installation }: Scene, name: LinkName): Link {
  if (!installation.links) throw new Error('the installation was started without links')
  return installation.links[name]
}
