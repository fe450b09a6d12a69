import type { CredentialEvent } from '@gatehouse/contracts/events'
import { active as activeClient, type ClientFacts } from '../client/client.ts'
import { subscription as subscriptionDecider } from '../subscription/decide.ts'
import { active as activeSubscription, type SubscriptionFacts } from '../subscription/subscription.ts'
import { type ApiKeyFacts, existing } from './api-key.ts'
import { apiKey as apiKeyDecider, type IssueApiKey } from './decide.ts'

/** What is new in a key; whose it is comes from its subscription. */
export type NewKey = Pick<IssueApiKey, 'displayName' | 'digest' | 'restrictions' | 'expireTime' | 'imported'> & {
  readonly apiKeyId: string
}

interface Owner {
  readonly client: ClientFacts
  readonly subscription: SubscriptionFacts
}

interface OwnerIds {
  readonly clientId: string
  readonly subscriptionId: string
  readonly time: Date
}

/** A further key of an active subscription of an active client. */
export function issueKey(
  { client, subscription, apiKey }: Owner & { readonly apiKey: ApiKeyFacts },
  { clientId, subscriptionId, time }: OwnerIds,
  key: NewKey,
): { readonly apiKey: readonly CredentialEvent[] } {
  activeClient(client, clientId)
  const { environmentId } = activeSubscription(subscription, subscriptionId)
  const command = { type: 'issue', ...key, environmentId, clientId, subscriptionId, predecessorId: '', time } as const
  return { apiKey: apiKeyDecider.decide(command, apiKey) }
}

/** Makes a pending subscription active and gives it its first key. */
export function activate(
  { client, subscription, apiKey }: Owner & { readonly apiKey: ApiKeyFacts },
  owner: OwnerIds,
  key: NewKey,
): { readonly subscription: readonly CredentialEvent[]; readonly apiKey: readonly CredentialEvent[] } {
  activeClient(client, owner.clientId)
  const events = subscriptionDecider.decide({ type: 'activate', ...owner }, subscription)
  const activated = events.reduce(subscriptionDecider.evolve, subscription)
  return { subscription: events, ...issueKey({ client, subscription: activated, apiKey }, owner, key) }
}

/** Hands over to a successor with the same name, restrictions and end; both work until the overlap ends. */
export function rotateKey(
  states: Owner & { readonly predecessor: ApiKeyFacts; readonly successor: ApiKeyFacts },
  { clientId, subscriptionId, time }: OwnerIds,
  rotation: {
    readonly predecessorId: string
    readonly overlapMs: number
    readonly key: Pick<NewKey, 'apiKeyId' | 'digest'>
  },
): { readonly predecessor: readonly CredentialEvent[]; readonly successor: readonly CredentialEvent[] } {
  const { predecessorId, overlapMs, key } = rotation
  const { displayName, restrictions, expireTime } = existing(states.predecessor, predecessorId)
  activeClient(states.client, clientId)
  const { environmentId } = activeSubscription(states.subscription, subscriptionId)
  const rotate = { type: 'rotate', apiKeyId: predecessorId, successorId: key.apiKeyId, overlapMs, time } as const
  const owner = { environmentId, clientId, subscriptionId }
  const issue = { type: 'issue', ...key, ...owner, displayName, restrictions, expireTime } as const
  return {
    predecessor: apiKeyDecider.decide(rotate, states.predecessor),
    successor: apiKeyDecider.decide({ ...issue, predecessorId, imported: false, time }, states.successor),
  }
}
