import { type PolicyEvent, policyEvents } from '@gatehouse/contracts/events'
import { type EventStore, openEventStore } from '@gatehouse/event-store'
import type pg from 'pg'
import { updateResources } from '../read/update-resources.ts'

export const schema = 'policy'

/** An API with 10,000 operations has about 800 kB; a Kafka record takes 1 MiB with its headers. */
export const eventBytesMax = 960 * 1024

export type PolicyStore = EventStore<PolicyEvent>

/** Opens the policy log with its read table, which every append keeps at the head. */
export function openPolicyStore(pool: pg.Pool, migrations: URL): Promise<PolicyStore> {
  return openEventStore({
    ...{ pool, schema },
    source: 'policy',
    events: policyEvents,
    maxEventBytes: eventBytesMax,
    migrations: [migrations],
    // Each carries the whole resource, so nothing before it is needed.
    replacing: [
      'gatehouse.policy.v1.EnvironmentPut',
      'gatehouse.policy.v1.ApiPublished',
      'gatehouse.policy.v1.PlanPut',
    ],
    onAppend: updateResources,
  })
}
