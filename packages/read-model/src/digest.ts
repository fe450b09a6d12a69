import { createHash } from 'node:crypto'
import { expiresBy } from './stored.ts'

/**
 * `stored`: latin1 or bytes of the stored form. Lengths go in front, so no two sets of entries read alike. What expires
 * by `aliveAtMs` is left out: one store has forgotten it, another not yet.
 */
export function digestEntries(entries: ReadonlyMap<string, string | Buffer>, aliveAtMs: number): string {
  const hash = createHash('sha256')
  for (const key of [...entries.keys()].sort()) {
    const stored = entries.get(key) ?? ''
    if (expiresBy(stored, aliveAtMs)) continue
    hash.update(`${key.length} ${stored.length} ${key}`, 'latin1')
    if (typeof stored === 'string') hash.update(stored, 'latin1')
    else hash.update(stored)
  }
  return hash.digest('hex')
}
