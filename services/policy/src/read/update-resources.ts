import type { PolicyEvent } from '@gatehouse/contracts/events'
import { Api } from '@gatehouse/contracts/policy/v1/api'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { Plan } from '@gatehouse/contracts/policy/v1/plan'
import { fold, type Queryable, type StreamChange } from '@gatehouse/event-store'
import { apiDecider } from '../domain/api/decider.ts'
import { environmentDecider } from '../domain/environment/decider.ts'
import { planDecider } from '../domain/plan/decider.ts'

export type ResourceKind = 'environment' | 'api' | 'plan'

interface ResourceRow {
  readonly kind: ResourceKind
  /** Empty for environments themselves. */
  readonly environmentId: string
  readonly id: string
  readonly message: Uint8Array
}

/** Writes what the changed streams are now; runs in the transaction that appends. */
export async function updateResources(tx: Queryable, changes: readonly StreamChange<PolicyEvent>[]): Promise<void> {
  const rows = changes.map(rowOf).filter((row) => row !== undefined)
  await tx.query({
    name: 'write resources',
    text: `
      INSERT INTO policy.resource (kind, environment_id, id, message)
      SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[])
      ON CONFLICT (kind, environment_id, id) DO UPDATE SET message = excluded.message`,
    values: [
      rows.map(({ kind }) => kind),
      rows.map(({ environmentId }) => environmentId),
      rows.map(({ id }) => id),
      rows.map(({ message }) => message),
    ],
  })
}

function rowOf({ stream, version, events }: StreamChange<PolicyEvent>): ResourceRow | undefined {
  if (stream.startsWith('environment-')) {
    const environment = fold(environmentDecider, events)
    if (!environment) return undefined
    const message = Environment.encode({ ...environment, version }).finish()
    return { kind: 'environment', environmentId: '', id: environment.environmentId, message }
  }
  if (stream.startsWith('api-')) {
    const api = fold(apiDecider, events)
    if (!api) return undefined
    return {
      kind: 'api',
      environmentId: api.environmentId,
      id: api.apiId,
      message: Api.encode({ ...api, version }).finish(),
    }
  }
  const plan = fold(planDecider, events)
  if (!plan) return undefined
  const message = Plan.encode({ ...plan, version }).finish()
  return { kind: 'plan', environmentId: plan.environmentId, id: plan.planId, message }
}
