import { existsSync } from 'node:fs'
import { cp, readFile } from 'node:fs/promises'
import { dirname, extname, join, relative } from 'node:path'

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const needless = new Set(['.ts', '.mts', '.cts', '.map'])

/** Copies packages, and all they depend on, from `<root>/node_modules` to `<out>/node_modules`. */
export async function copyPackages(root: string, names: readonly string[], out: string): Promise<void> {
  const seen = new Set<string>()
  const waiting = names.map((name) => find(name, root))
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    if (seen.has(folder)) continue
    seen.add(folder)
    await copyPackage(folder, join(out, relative(root, folder)))
    const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest
    const needed = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
    for (const name of needed) if (!name.startsWith('@types/')) waiting.push(find(name, folder))
    // Native code for one platform each: what is installed is for this one.
    for (const name of Object.keys(manifest.optionalDependencies ?? {})) {
      const found = lookFor(name, folder)
      if (found) waiting.push(found)
    }
  }
}

async function copyPackage(from: string, to: string): Promise<void> {
  await cp(from, to, {
    recursive: true,
    filter: (path) => !relative(from, path).startsWith('node_modules') && !needless.has(extname(path)),
  })
}

function find(name: string, from: string): string {
  const found = lookFor(name, from)
  if (!found) throw new Error(`${name}, which ${from} needs, is not installed`)
  return found
}

/** The folder of a package as Node looks for it: in every node_modules on the way up. */
function lookFor(name: string, from: string): string | undefined {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name)
    if (existsSync(join(found, 'package.json'))) return found
  }
  return undefined
}
