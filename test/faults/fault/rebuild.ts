import { setTimeout as sleep } from 'node:timers/promises'
import { EventLogServiceClient } from '@gatehouse/contracts/event_log/v1/event_log_service'
import type { EventSource } from '@gatehouse/contracts/events'
import { rebuildFromLogs } from '@gatehouse/decision-state'
import { createClient, devCertificates } from '@gatehouse/grpc-service'
import { openRedisModel } from '@gatehouse/read-model'
import { waitFor } from '@gatehouse/testkit'
import type { SceneFault } from './scene.ts'

const rounds = 5

export const rebuilds: readonly SceneFault[] = [
  {
    name: 'read model rebuilt',
    hinders: false,
    async run({ installation: { redis, dataDir, environment } }) {
      await using opened = new AsyncDisposableStack()
      const model = openRedisModel({ address: { url: redis.url }, readTimeoutMs: 5_000, writeTimeoutMs: 5_000 })
      opened.defer(() => model.close())
      await waitFor(() => model.positions(), { what: 'Redis answers' })
      const tls = await devCertificates(dataDir, 'gateway')
      const connect = (peer: EventSource) => {
        const address = environment[`GATEHOUSE_${peer.toUpperCase()}_ADDRESS`] ?? ''
        const client = createClient(EventLogServiceClient, { address, tls, peer })
        opened.defer(async () => client.close())
        return client
      }
      const logs = { credential: connect('credential'), policy: connect('policy'), token: connect('token') }
      const differing: string[] = []
      for (let round = 0; round < rounds; round++) {
        // A digest is refused where writes come between its reads again and again.
        const rebuilt = () => rebuildFromLogs({ model, logs }).then(({ identical }) => ({ identical }))
        const { identical } = await waitFor(rebuilt, { what: 'the model is rebuilt', timeoutMs: 30_000 })
        if (identical === false) differing.push(`rebuild ${round + 1} is not what it replaced`)
        await sleep(200)
      }
      return differing
    },
  },
]
