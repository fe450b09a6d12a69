import type { DecisionRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import { type ApiKey, ApiKeyState } from '@gatehouse/contracts/credential/v1/api_key'
import { type Subscription, SubscriptionState } from '@gatehouse/contracts/credential/v1/subscription'
import type { EventSource } from '@gatehouse/contracts/events'
import { type Api, ApiState, SecurityScheme } from '@gatehouse/contracts/policy/v1/api'
import { AuditMode } from '@gatehouse/contracts/policy/v1/enforcement'
import type { Environment } from '@gatehouse/contracts/policy/v1/environment'
import type { Plan } from '@gatehouse/contracts/policy/v1/plan'
import { SigningAlgorithm, TokenForm } from '@gatehouse/contracts/policy/v1/token_settings'
import { formatPositions } from '@gatehouse/contracts/positions'
import { type Enums, toJson } from './json.ts'

/** Shows a message that a service must have answered. */
export function view<Message extends object>(enums: Enums = {}) {
  return (message: Message | undefined) => toJson(present(message), enums)
}

/** What a service must have answered. */
export function present<Message>(message: Message | undefined): Message {
  if (message === undefined) throw new Error('the service answered without the resource')
  return message
}

export const subscriptionView = view<Subscription>({ state: SubscriptionState })
export const apiKeyView = view<ApiKey>({ state: ApiKeyState })
export const environmentView = view<Environment>({ audit_mode: AuditMode })
export const apiView = view<Api>({
  ...{ state: ApiState, audit_mode: AuditMode, scheme: SecurityScheme },
  ...{ form: TokenForm, algorithm: SigningAlgorithm },
})
export const planView = view<Plan>()

/** The fields a decision is found by, and the record itself as its node wrote it. */
export function decisionView(decision: DecisionRecord | undefined) {
  if (!decision) throw new Error('the service answered without the decision')
  const { record, ...fields } = decision
  return {
    ...toJson(fields),
    ...(record && { record: JSON.parse(Buffer.from(record.json).toString('utf8')) as unknown }),
  }
}

/** A page of a list. */
export function page<Key extends string>(key: Key, items: readonly object[], nextPageToken: string) {
  return { [key]: items, ...(nextPageToken && { next_page_token: nextPageToken }) }
}

/** The position of a write, as readers demand it. */
export function writtenAt(source: EventSource, position: bigint) {
  return { position: formatPositions({ [source]: position }) }
}
