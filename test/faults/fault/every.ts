import { clockFaults } from './clock.ts'
import { kafkaFaults } from './kafka.ts'
import { linkFaults } from './links.ts'
import { loadFaults } from './load.ts'
import { postgresFaults } from './postgres.ts'
import { kills, stops } from './processes.ts'
import { rebuilds } from './rebuild.ts'
import { redisFaults } from './redis.ts'
import { rotations } from './rotation.ts'
import type { SceneFault } from './scene.ts'
import { spoolFaults } from './spool.ts'

export const everyFault: readonly SceneFault[] = [
  ...kills,
  ...stops,
  ...linkFaults,
  ...redisFaults,
  ...postgresFaults,
  ...kafkaFaults,
  ...clockFaults,
  ...loadFaults,
  ...rotations,
  ...spoolFaults,
  ...rebuilds,
]

/** The faults whose names hold all of these words. @throws when there are none */
export function faultsNamed(words: string): readonly SceneFault[] {
  const found = everyFault.filter(({ name }) =>
    words
      .trim()
      .split(' ')
      .every((word) => name.includes(word)),
  )
  if (found.length === 0)
    throw new Error(`no fault is named ${words}: ${everyFault.map(({ name }) => name).join(', ')}`)
  return found
}
