import { type Subscription, SubscriptionState } from '@gatehouse/contracts/credential/v1/subscription'
import type { CredentialEvent } from '@gatehouse/contracts/events'
import { failedPrecondition, notFound } from '@gatehouse/errors'

/** A subscription as its events make it; undefined when it does not exist. Its version is that of its stream. */
export type SubscriptionFacts = Omit<Subscription, 'version'> | undefined

export const initialState: SubscriptionFacts = undefined

export function evolve(subscription: SubscriptionFacts, { type, data }: CredentialEvent): SubscriptionFacts {
  if (type === 'gatehouse.credential.v1.SubscriptionCreated') {
    const { subscriptionId, environmentId, clientId, apiId, planId, operations, scopes, createTime } = data
    const state = SubscriptionState.SUBSCRIPTION_STATE_PENDING
    return { subscriptionId, environmentId, clientId, apiId, planId, operations, scopes, state, createTime }
  }
  if (!subscription) return subscription
  switch (type) {
    case 'gatehouse.credential.v1.SubscriptionActivated':
    case 'gatehouse.credential.v1.SubscriptionResumed':
      return { ...subscription, state: SubscriptionState.SUBSCRIPTION_STATE_ACTIVE }
    case 'gatehouse.credential.v1.SubscriptionSuspended':
      return { ...subscription, state: SubscriptionState.SUBSCRIPTION_STATE_SUSPENDED }
    case 'gatehouse.credential.v1.SubscriptionCancelled':
      return { ...subscription, state: SubscriptionState.SUBSCRIPTION_STATE_CANCELLED }
    case 'gatehouse.credential.v1.SubscriptionChanged': {
      const { planId, operations, scopes } = data
      return { ...subscription, planId, operations, scopes }
    }
    default:
      return subscription
  }
}

/** @throws NOT_FOUND */
export function existing(state: SubscriptionFacts, subscriptionId: string): NonNullable<SubscriptionFacts> {
  if (!state) throw notFound('subscription', subscriptionId)
  return state
}

/** What a subscription must be before it gets a key. @throws NOT_FOUND, FAILED_PRECONDITION `SUBSCRIPTION_NOT_ACTIVE` */
export function active(state: SubscriptionFacts, subscriptionId: string): NonNullable<SubscriptionFacts> {
  const found = existing(state, subscriptionId)
  if (found.state === SubscriptionState.SUBSCRIPTION_STATE_ACTIVE) return found
  throw notActive(found)
}

export function notActive({ subscriptionId, state }: NonNullable<SubscriptionFacts>): Error {
  return failedPrecondition('SUBSCRIPTION_NOT_ACTIVE', `subscription ${subscriptionId} is ${nameOf(state)}`)
}

export function nameOf(state: SubscriptionState): string {
  switch (state) {
    case SubscriptionState.SUBSCRIPTION_STATE_PENDING:
      return 'pending'
    case SubscriptionState.SUBSCRIPTION_STATE_ACTIVE:
      return 'active'
    case SubscriptionState.SUBSCRIPTION_STATE_SUSPENDED:
      return 'suspended'
    case SubscriptionState.SUBSCRIPTION_STATE_CANCELLED:
      return 'cancelled'
    default:
      return 'in an unknown state'
  }
}
