import { isDeepStrictEqual } from 'node:util'
import { SubscriptionState } from '@gatehouse/contracts/credential/v1/subscription'
import type { CredentialEvent } from '@gatehouse/contracts/events'
import { alreadyExists, failedPrecondition } from '@gatehouse/errors'
import type { Decider } from '@gatehouse/event-store'
import { evolve, existing, initialState, nameOf, notActive, type SubscriptionFacts } from './subscription.ts'

const { SUBSCRIPTION_STATE_PENDING: PENDING, SUBSCRIPTION_STATE_ACTIVE: ACTIVE } = SubscriptionState
const { SUBSCRIPTION_STATE_SUSPENDED: SUSPENDED, SUBSCRIPTION_STATE_CANCELLED: CANCELLED } = SubscriptionState

/** What a subscription entitles to. */
export interface Entitlement {
  readonly planId: string
  readonly operations: readonly string[]
  readonly scopes: readonly string[]
}

export interface CreateSubscription extends Entitlement {
  readonly type: 'create'
  readonly environmentId: string
  readonly clientId: string
  readonly apiId: string
}

export type SubscriptionCommand = { readonly subscriptionId: string; readonly time: Date } & (
  | CreateSubscription
  | { readonly type: 'activate' }
  | { readonly type: 'suspend'; readonly reason: string }
  | { readonly type: 'resume' }
  | { readonly type: 'cancel'; readonly reason: string }
  | ({ readonly type: 'change' } & Entitlement)
)

export const subscription: Decider<SubscriptionFacts, CredentialEvent, SubscriptionCommand> = {
  initialState,
  evolve,
  decide,
}

function decide(command: SubscriptionCommand, state: SubscriptionFacts): readonly CredentialEvent[] {
  const { subscriptionId, time } = command
  switch (command.type) {
    case 'create': {
      if (state) throw alreadyExists('subscription', subscriptionId)
      const { environmentId, clientId, apiId, planId, operations, scopes } = command
      const data = { subscriptionId, environmentId, clientId, apiId, planId, operations, scopes, createTime: time }
      return [{ type: 'gatehouse.credential.v1.SubscriptionCreated', data }]
    }
    case 'activate': {
      requirePending(existing(state, subscriptionId))
      return [{ type: 'gatehouse.credential.v1.SubscriptionActivated', data: { subscriptionId, activateTime: time } }]
    }
    case 'suspend': {
      if (isIn(SUSPENDED, command, state)) return []
      if (!isIn(ACTIVE, command, state)) throw notActive(existing(state, subscriptionId))
      const data = { subscriptionId, reason: command.reason, suspendTime: time }
      return [{ type: 'gatehouse.credential.v1.SubscriptionSuspended', data }]
    }
    case 'resume': {
      if (isIn(ACTIVE, command, state)) return []
      if (!isIn(SUSPENDED, command, state)) throw notActive(existing(state, subscriptionId))
      return [{ type: 'gatehouse.credential.v1.SubscriptionResumed', data: { subscriptionId, resumeTime: time } }]
    }
    case 'cancel': {
      if (isIn(CANCELLED, command, state)) return []
      const data = { subscriptionId, reason: command.reason, cancelTime: time }
      return [{ type: 'gatehouse.credential.v1.SubscriptionCancelled', data }]
    }
    case 'change':
      return change(command, existing(state, subscriptionId), time)
    default:
      return command satisfies never
  }
}

function isIn(wanted: SubscriptionState, { subscriptionId }: SubscriptionCommand, state: SubscriptionFacts): boolean {
  return existing(state, subscriptionId).state === wanted
}

function requirePending({ subscriptionId, state }: NonNullable<SubscriptionFacts>): void {
  if (state === PENDING) return
  throw failedPrecondition('SUBSCRIPTION_NOT_PENDING', `subscription ${subscriptionId} is ${nameOf(state)}`)
}

function change(
  { planId, operations, scopes }: Entitlement,
  found: NonNullable<SubscriptionFacts>,
  changeTime: Date,
): readonly CredentialEvent[] {
  if (found.state === CANCELLED) throw notActive(found)
  const wanted = { planId, operations, scopes }
  if (isDeepStrictEqual(wanted, { planId: found.planId, operations: found.operations, scopes: found.scopes })) return []
  const data = { subscriptionId: found.subscriptionId, ...wanted, changeTime }
  return [{ type: 'gatehouse.credential.v1.SubscriptionChanged', data }]
}
