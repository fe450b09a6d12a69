import { Api } from '@gatehouse/contracts/policy/v1/api'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { Plan } from '@gatehouse/contracts/policy/v1/plan'
import { orStoreError } from '@gatehouse/event-store'
import type pg from 'pg'
import { nextPageToken, type PageRequest, pageOf } from './page.ts'
import type { ResourceKind } from './update-resources.ts'

interface Codec<Message> {
  decode(bytes: Uint8Array): Message
}

interface Row {
  readonly id: string
  readonly message: Buffer
}

/** A page ends where its messages pass this: the answer has to fit into a gRPC message of 4 MiB. */
const pageBytesMax = 2 * 1024 * 1024

/** What Get and List answer; always at the head of the log. */
export type Resources = ReturnType<typeof resources>

export function resources(pool: pg.Pool) {
  const query = (config: pg.QueryConfig) => orStoreError(pool.query<Row>(config))

  async function get<Message>(codec: Codec<Message>, kind: ResourceKind, environmentId: string, id: string) {
    const { rows } = await query({
      name: 'get resource',
      text: 'SELECT id, message FROM policy.resource WHERE kind = $1 AND environment_id = $2 AND id = $3',
      values: [kind, environmentId, id],
    })
    return rows[0] && codec.decode(rows[0].message)
  }

  async function list<Message>(codec: Codec<Message>, kind: ResourceKind, environmentId: string, page: PageRequest) {
    const { after, size } = pageOf(page)
    const { rows } = await query({
      name: 'list resources',
      text: `
        SELECT id, message FROM (
          SELECT id, message, coalesce(sum(length(message)) OVER (
            ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS bytes_before
          FROM policy.resource WHERE kind = $1 AND environment_id = $2 AND id > $3 ORDER BY id LIMIT $4
        ) AS page WHERE bytes_before < $5 ORDER BY id`,
      values: [kind, environmentId, after, size, pageBytesMax],
    })
    const last = rows.at(-1)?.id
    const more = last !== undefined && (await existsAfter(kind, environmentId, last))
    return { found: rows.map(({ message }) => codec.decode(message)), nextPageToken: more ? nextPageToken(last) : '' }
  }

  async function existsAfter(kind: ResourceKind, environmentId: string, id: string): Promise<boolean> {
    const { rows } = await query({
      name: 'more resources',
      text: 'SELECT id FROM policy.resource WHERE kind = $1 AND environment_id = $2 AND id > $3 LIMIT 1',
      values: [kind, environmentId, id],
    })
    return rows.length > 0
  }

  return {
    environment: (id: string) => get(Environment, 'environment', '', id),
    api: (environmentId: string, id: string) => get(Api, 'api', environmentId, id),
    plan: (environmentId: string, id: string) => get(Plan, 'plan', environmentId, id),
    environments: (page: PageRequest) => list(Environment, 'environment', '', page),
    apis: (environmentId: string, page: PageRequest) => list(Api, 'api', environmentId, page),
    plans: (environmentId: string, page: PageRequest) => list(Plan, 'plan', environmentId, page),
  }
}
