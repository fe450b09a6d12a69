import { setTimeout as sleep } from 'node:timers/promises'
import { type Link, type LinkName, linkNames } from '../links.ts'
import { linkOf, type SceneFault } from './scene.ts'

interface Manner {
  readonly spoil: (link: Link) => unknown
  /** Before it heals. */
  readonly end?: (link: Link) => unknown
}

const manners: readonly Manner[] = [
  { spoil: (link) => link.cut() },
  { spoil: (link) => link.reset() },
  { spoil: (link) => link.pause() },
  { spoil: (link) => link.pause('to-server') },
  // What was asked for is done, and nobody is told.
  { spoil: (link) => link.pause('to-client'), end: (link) => link.reset() },
  { spoil: (link) => link.halfOpen() },
  { spoil: (link) => link.slow(1) },
  { spoil: (link) => link.delay(300) },
]

/** Each link in every manner, in an order of the moment. */
export const linkFaults: readonly SceneFault[] = linkNames.map((name: LinkName) => ({
  name: `link ${name}`,
  async run(scene) {
    const link = linkOf(scene, name)
    for (const { spoil, end } of shuffled(manners, scene.random.next)) {
      await spoil(link)
      await scene.outage(500)
      await end?.(link)
      await link.heal()
      // The clients are ours, and keep connections whose other end is gone: the gateways are not to be blamed for it.
      if (name.startsWith('client')) link.reset()
      await sleep(100)
    }
  },
}))

function shuffled<Item>(items: readonly Item[], next: () => number): Item[] {
  return items
    .map((item) => ({ item, at: next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
