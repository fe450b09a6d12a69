import { setTimeout as sleep } from 'node:timers/promises'
import { waitFor } from '@gatehouse/testkit'
import { rebuildOf } from '../rebuild.ts'
import type { SceneFault } from './scene.ts'

const rounds = 3

export const rebuilds: readonly SceneFault[] = [
  {
    name: 'read model rebuilt',
    hinders: false,
    async run({ installation }) {
      const differing: string[] = []
      for (let round = 0; round < rounds; round++) {
        // Redis may be away for a moment, and the logs may grow faster than it reads them.
        const rebuilt = () => rebuildOf(installation).then(({ identical }) => ({ identical }))
        const { identical } = await waitFor(rebuilt, { what: 'the model is rebuilt', timeoutMs: 30_000 })
        if (identical === false) differing.push(`rebuild ${round + 1} is not what it replaced`)
        await sleep(200)
      }
      return differing
    },
  },
]
