import { setTimeout as sleep } from 'node:timers/promises'
import { type Link, type LinkName, linkNames } from '../links.ts'
import { linkOf, type SceneFault } from './scene.ts'

const manners: readonly ((link: Link) => unknown)[] = [
  (link) => link.cut(),
  (link) => link.reset(),
  (link) => link.pause(),
  (link) => link.pause('to-server'),
  (link) => link.pause('to-client'),
  (link) => link.halfOpen(),
  (link) => link.slow(1),
  (link) => link.delay(300),
]

/** Each link in every manner, in an order of the moment. */
export const linkFaults: readonly SceneFault[] = linkNames.map((name: LinkName) => ({
  name: `link ${name}`,
  async run(scene) {
    const link = linkOf(scene, name)
    for (const spoil of shuffled(manners, scene.random.next)) {
      await spoil(link)
      await scene.outage(500)
      await link.heal()
      // HTTP has no heartbeat: a kept connection whose other end is gone holds each request until that times out.
      if (name.startsWith('client') || name === 'gateway-upstream') link.reset()
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
