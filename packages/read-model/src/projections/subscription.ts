import { SubscriptionState } from '@gatehouse/contracts/credential/v1/subscription'
import { encodeMessage } from '@gatehouse/contracts/encode'
import type { CredentialEvent } from '@gatehouse/contracts/events'
import { SubscriptionView } from '@gatehouse/contracts/read_model/v1/views'
import { existing, isNew, Unappliable } from './projection.ts'

export function foldSubscription(event: CredentialEvent, id: string, bytes: Uint8Array | undefined, version: bigint) {
  if (!('subscriptionId' in event.data) || event.data.subscriptionId !== id)
    throw new Unappliable('the event is of another subscription')
  const view = bytes && SubscriptionView.decode(bytes)
  return encodeMessage(SubscriptionView, { ...next(event, view), version })
}

function next(event: CredentialEvent, view: SubscriptionView | undefined): SubscriptionView {
  switch (event.type) {
    case 'gatehouse.credential.v1.SubscriptionCreated': {
      isNew(view)
      const { subscriptionId, environmentId, clientId, apiId, planId, operations, scopes } = event.data
      const state = SubscriptionState.SUBSCRIPTION_STATE_PENDING
      return { subscriptionId, environmentId, clientId, apiId, planId, operations, scopes, state, version: 0n }
    }
    case 'gatehouse.credential.v1.SubscriptionActivated':
    case 'gatehouse.credential.v1.SubscriptionResumed':
      return moved(view, SubscriptionState.SUBSCRIPTION_STATE_ACTIVE)
    case 'gatehouse.credential.v1.SubscriptionSuspended':
      return moved(view, SubscriptionState.SUBSCRIPTION_STATE_SUSPENDED)
    case 'gatehouse.credential.v1.SubscriptionCancelled':
      return moved(view, SubscriptionState.SUBSCRIPTION_STATE_CANCELLED)
    case 'gatehouse.credential.v1.SubscriptionChanged': {
      const { planId, operations, scopes } = event.data
      return { ...existing(view), planId, operations, scopes }
    }
    default:
      throw new Unappliable(`${event.type} is no event of a subscription`)
  }
}

// Cancelled is final: whatever comes after it lets nobody in again.
function moved(view: SubscriptionView | undefined, state: SubscriptionState): SubscriptionView {
  const before = existing(view)
  return before.state === SubscriptionState.SUBSCRIPTION_STATE_CANCELLED ? before : { ...before, state }
}
