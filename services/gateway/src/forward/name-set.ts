import { foldedHash, foldedStart, sameFolded } from '../http1/header-name.ts'
import type { HeaderTable } from '../http1/header-table.ts'

/**
 * Header names that match in every spelling an upstream might take for the same:
 * letter case, and `_` for `-` (CGI, WSGI and others fold them; oauth2-proxy CVE-2025-64484).
 */
export interface NameSet {
  /** Whether header `index` of `table` bears one of the names. */
  has(table: HeaderTable, index: number): boolean
}

/**
 * @param names any letter case
 * @param prefixes match every name that begins so
 */
export function nameSet(names: Iterable<string>, prefixes: readonly string[] = []): NameSet {
  const byHash = new Map<number, string[]>()
  for (const given of names) {
    const name = folded(given)
    const hash = foldedHash(name, 0, name.length)
    byHash.set(hash, [...(byHash.get(hash) ?? []), name])
  }
  return new HashedNameSet(byHash, prefixes.map(folded))
}

function folded(name: string): string {
  return name.toLowerCase().replaceAll('_', '-')
}

class HashedNameSet implements NameSet {
  readonly #byHash: ReadonlyMap<number, readonly string[]>
  readonly #prefixes: readonly string[]

  constructor(byHash: ReadonlyMap<number, readonly string[]>, prefixes: readonly string[]) {
    this.#byHash = byHash
    this.#prefixes = prefixes
  }

  has(table: HeaderTable, index: number): boolean {
    const names = this.#byHash.get(table.hash(index))
    if (names !== undefined) {
      const { text } = table
      const start = table.nameStart(index)
      const end = table.nameEnd(index)
      for (const name of names) if (sameFolded(text, start, end, name)) return true
    }
    for (const prefix of this.#prefixes) {
      if (foldedStart(table.text, table.nameStart(index), table.nameEnd(index), prefix)) return true
    }
    return false
  }
}
