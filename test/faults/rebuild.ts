import { EventLogServiceClient } from '@gatehouse/contracts/event_log/v1/event_log_service'
import type { EventSource } from '@gatehouse/contracts/events'
import { rebuildFromLogs } from '@gatehouse/decision-state'
import { createClient, devCertificates } from '@gatehouse/grpc-service'
import { openRedisModel, type Rebuilt } from '@gatehouse/read-model'
import { waitFor } from '@gatehouse/testkit'
import type { Installation } from './installation.ts'

/** Folds the logs of an installation anew beside the generation that serves. */
export async function rebuildOf({ redis, dataDir, environment }: Installation): Promise<Rebuilt> {
  await using opened = new AsyncDisposableStack()
  const model = openRedisModel({ address: { url: redis.url }, readTimeoutMs: 10_000, writeTimeoutMs: 10_000 })
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
  return await rebuildFromLogs({ model, logs })
}
