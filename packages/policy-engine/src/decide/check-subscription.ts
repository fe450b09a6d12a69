import { SubscriptionState } from '@gatehouse/contracts/credential/v1/subscription'
import { type HolderFacts, proceed, type Step } from './step.ts'

/** The subscription that the credential names, of the same client and environment. */
export const checkSubscription: Step<HolderFacts> = ({ holder, subscription }) => {
  if (!subscription) return 'subscription_unknown'
  if (
    subscription.subscriptionId !== holder.subscriptionId ||
    subscription.clientId !== holder.clientId ||
    subscription.environmentId !== holder.environmentId
  ) {
    return 'credential_mismatch'
  }
  switch (subscription.state) {
    case SubscriptionState.SUBSCRIPTION_STATE_ACTIVE:
      return proceed
    case SubscriptionState.SUBSCRIPTION_STATE_PENDING:
      return 'subscription_pending'
    case SubscriptionState.SUBSCRIPTION_STATE_SUSPENDED:
      return 'subscription_suspended'
    case SubscriptionState.SUBSCRIPTION_STATE_CANCELLED:
      return 'subscription_cancelled'
    default:
      return 'subscription_state_unknown'
  }
}

/** A subscription entitles to one API. */
export const checkApiEntitlement: Step = ({ subscription, match }) =>
  subscription?.apiId === match.api.apiId ? proceed : 'api_not_entitled'

/** Without its plan the limits are not known. */
export const checkPlan: Step = ({ subscription, match }) =>
  subscription && match.environment.plans.has(subscription.planId) ? proceed : 'plan_unknown'
