import { cp, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'

/** How our sources name a file or folder that they read: `new URL('./migrations/audit/', import.meta.url)`. */
const asset = /new URL\('\.\/([^']+)', import\.meta\.url\)/g

/**
 * Copies what bundled sources read at run time beside the bundle, where the same `./…` finds it: in a bundle every
 * `import.meta.url` is that of the bundle.
 * @throws Error when a source finds files in another way, or two sources mean different files by one name
 */
export async function copyAssets(root: string, sources: readonly string[], bundleFolder: string): Promise<void> {
  const copied = new Map<string, string>()
  for (const source of sources.filter((path) => !path.includes('node_modules/'))) {
    const text = await readFile(join(root, source), 'utf8')
    if (text.replaceAll(asset, '').includes('import.meta')) {
      throw new Error(`${source}: a bundle finds files only by new URL('./…', import.meta.url)`)
    }
    for (const [, name] of text.matchAll(asset)) {
      const from = join(root, dirname(source), name as string)
      const to = join(bundleFolder, name as string)
      const other = copied.get(to)
      if (other !== undefined && other !== from) {
        throw new Error(`${relative(root, other)} and ${relative(root, from)} would be one file beside the bundle`)
      }
      copied.set(to, from)
      await cp(from, to, { recursive: true })
    }
  }
}
