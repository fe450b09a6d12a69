import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { manage } from '../../e2e/client.ts'
import type { SceneFault } from './scene.ts'

export const rotations: readonly SceneFault[] = [
  {
    name: 'rotation of the signing key',
    async run({ installation, outage }) {
      for (let round = 0; round < 2; round++) {
        const { environment } = installation.demo
        await manage(installation, 'POST', '/v1/signing-keys/rotate', { environment_id: environment })
        await outage(1_000)
      }
    },
  },
  {
    name: 'rotation of certificates',
    async run({ installation, ready }) {
      for (const name of ['credential', 'gateway'] as const) {
        await installation.members[name].kill()
        await rm(join(installation.dataDir, 'tls', name), { recursive: true })
        ready(name, await installation.members[name].start())
      }
    },
  },
]
