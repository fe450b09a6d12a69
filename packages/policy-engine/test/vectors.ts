import { readFileSync } from 'node:fs'

/** The lines of test/vectors/<name>.txt, cut at tabs, without comments. */
export function vectors(name: string): string[][] {
  const text = readFileSync(new URL(`../../../test/vectors/${name}.txt`, import.meta.url), 'utf8')
  return text
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split('\t'))
}
