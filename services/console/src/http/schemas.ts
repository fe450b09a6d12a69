import { ApiKeyState } from '@gatehouse/contracts/credential/v1/api_key'
import { ClientState } from '@gatehouse/contracts/credential/v1/client'
import { SubscriptionState } from '@gatehouse/contracts/credential/v1/subscription'
import { ApiState, SecurityScheme } from '@gatehouse/contracts/policy/v1/api'
import { AuditMode } from '@gatehouse/contracts/policy/v1/enforcement'
import { enumNames } from './json.ts'
import { issuer, oauthResources, registration, tokens } from './oauth-schemas.ts'
import { body, count, duration, flag, number, text, texts, time } from './schema-basics.ts'

export { body, duration, text, texts, time } from './schema-basics.ts'

export const pageQuery = {
  page_size: { type: 'string', pattern: '^[1-9][0-9]{0,3}$' },
  page_token: text(1024),
}

/** A reference to a schema of `resourceSchemas`. */
export const ref = (name: keyof typeof resources) => ({ $ref: `${name}#` })
/** A list of them. */
export const refs = (name: keyof typeof resources) => ({ type: 'array', items: ref(name) })

const rateLimit = body({ name: text(32), requests: count, period: duration, burst: count }, [
  'name',
  'requests',
  'period',
])
const enforcement = body({ audit_mode: { enum: enumNames(AuditMode) }, max_staleness: duration })

const operation = body(
  {
    operation_id: text(128),
    method: text(32),
    path_template: text(2048),
    security: {
      type: 'array',
      maxItems: 64,
      items: body({
        requirements: {
          type: 'array',
          maxItems: 16,
          items: body({ scheme: { enum: enumNames(SecurityScheme) }, scopes: texts() }, ['scheme']),
        },
      }),
    },
    enforcement,
    rate_limits: { type: 'array', maxItems: 16, items: rateLimit },
    forward_credential: flag,
    api_key_in_query: flag,
  },
  ['operation_id', 'method', 'path_template'],
)

/** What a caller sets of an API beside its operations. */
export const apiSettings = {
  display_name: text(),
  upstreams: { ...texts(64), minItems: 1 },
  api_key_sources: body({ header_names: texts(16), query_parameter: text(64) }),
  enforcement,
  forwarding: body({ connect_timeout: duration, response_timeout: duration, keep_prefix: flag }),
  tokens,
}
export const operations = { type: 'array', maxItems: 20_000, items: operation }
export const environmentSettings = { display_name: text(), hosts: texts(), enforcement, issuer }
export const planSettings = { display_name: text(), rate_limits: { type: 'array', maxItems: 16, items: rateLimit } }
export const restrictions = body({ cidrs: texts(), operations: texts(), scopes: texts() })

const resources = {
  Problem: {
    type: text(),
    title: text(),
    status: number,
    detail: text(),
    code: text(),
    request_id: text(),
    errors: { type: 'array', items: { type: 'object', properties: { field: text(), detail: text() } } },
  },
  Environment: { environment_id: text(), ...environmentSettings, version: number },
  Api: {
    environment_id: text(),
    api_id: text(),
    ...apiSettings,
    operations,
    state: { enum: enumNames(ApiState) },
    version: number,
  },
  Plan: { environment_id: text(), plan_id: text(), ...planSettings, version: number },
  Client: {
    client_id: text(),
    environment_id: text(),
    display_name: text(),
    state: { enum: enumNames(ClientState) },
    create_time: time,
    version: number,
    // A method of a later version is left out.
    registration: { ...registration, required: [] },
    registered_dynamically: flag,
  },
  ...oauthResources,
  Subscription: {
    subscription_id: text(),
    environment_id: text(),
    client_id: text(),
    api_id: text(),
    plan_id: text(),
    operations: texts(),
    scopes: texts(),
    state: { enum: enumNames(SubscriptionState) },
    create_time: time,
    version: number,
  },
  ApiKey: {
    api_key_id: text(),
    environment_id: text(),
    client_id: text(),
    subscription_id: text(),
    display_name: text(),
    state: { enum: enumNames(ApiKeyState) },
    restrictions,
    create_time: time,
    expire_time: time,
    revoke_time: time,
    last_use_time: time,
    successor_id: text(),
    imported: flag,
    version: number,
  },
  Decision: {
    decision_id: text(),
    time,
    allowed: flag,
    reason: text(),
    environment_id: text(),
    api_id: text(),
    operation_id: text(),
    client_id: text(),
    credential_id: text(),
    request_id: text(),
    record: {
      description: 'As its node wrote it: docs/decision-record.schema.json.',
      type: 'object',
      additionalProperties: true,
    },
  },
  Completeness: {
    node: text(),
    epoch: number,
    last_sequence: number,
    record_count: number,
    holes: {
      type: 'array',
      items: {
        type: 'object',
        properties: { node: text(), epoch: number, first_missing: number, last_missing: number },
      },
    },
  },
  Operator: { operator_id: text(), role: text(), create_time: time },
} as const

/** The schemas of everything the API shows, by name. */
export const resourceSchemas = Object.entries(resources).map(([$id, properties]) => ({
  $id,
  type: 'object',
  properties,
}))
