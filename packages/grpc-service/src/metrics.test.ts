import { expect, test } from 'vitest'
import { createRegistry, watchOutbox, watchSpool } from './metrics.ts'

test('what waits in the spool is read at each scrape', async () => {
  const registry = createRegistry('gateway')
  const spool = { records: 0, oldestSeconds: () => spool.records * 2 }
  watchSpool(registry, spool)
  spool.records = 3
  const text = await registry.metrics()
  expect(text).toContain('gatehouse_audit_spool_records{service="gateway"} 3')
  expect(text).toContain('gatehouse_audit_unacked_seconds{service="gateway"} 6')
})

test('only the process that publishes tells how many events Kafka has not got', async () => {
  const registry = createRegistry('credential')
  let leading = false
  const relay = { leading: () => leading, publishedPosition: () => 40n }
  watchOutbox(registry, { head: async () => 42n }, relay)
  expect(await registry.metrics()).toContain('gatehouse_outbox_unpublished_events{service="credential"} 0')
  leading = true
  expect(await registry.metrics()).toContain('gatehouse_outbox_unpublished_events{service="credential"} 2')
})
