import type {
  ClientSecretView,
  ClientView,
  CutoffView,
  EntitlementView,
  SubscriptionView,
} from '@gatehouse/contracts/read_model/v1/views'
import { type DecisionState, FactParked } from '@gatehouse/decision-state'
import type { Answer, Lookup } from '@gatehouse/read-model'

/** Whom a token is issued to, and for. */
export interface Parties {
  readonly environmentId: string
  /** Undefined: no client is asked about. */
  readonly clientId?: string
  /** Undefined: the client acts for itself. */
  readonly userId: string | undefined
}

/** At once when this process knows it, so that the usual request waits for nothing. */
export type Known<Value> = Value | undefined | Promise<Value | undefined>

/** What the token service reads of clients: the read model's views, found or not. Throws, or rejects with, FactParked. */
export interface Views {
  client(clientId: string): Known<ClientView>
  clientSecret(clientSecretId: string): Known<ClientSecretView>
  /** The subscription that was last activated between a client and an API. */
  subscriptionOf(clientId: string, apiId: string): Known<SubscriptionView>
  subscription(subscriptionId: string): Known<SubscriptionView>
  /** What was issued to the client, for the user or in the environment by this time is refused; undefined: nothing is. */
  cutoffOf(parties: Parties): Known<Date>
}

export function createViews({ credentials }: Pick<DecisionState, 'credentials'>): Views {
  return {
    client: (id) => view(credentials.client(id)),
    clientSecret: (id) => view(credentials.clientSecret(id)),
    subscriptionOf(clientId, apiId) {
      const subscription = (entitlement: EntitlementView | undefined) =>
        entitlement && view(credentials.subscription(entitlement.subscriptionId))
      const entitlement = view(credentials.entitlement(clientId, apiId))
      return entitlement instanceof Promise ? entitlement.then(subscription) : subscription(entitlement)
    },
    subscription: (id) => view(credentials.subscription(id)),
    cutoffOf({ environmentId, clientId, userId }) {
      const client = clientId === undefined ? undefined : view(credentials.client(clientId))
      const cutoffs = [
        view(credentials.cutoff(environmentId)),
        clientId === undefined ? undefined : view(credentials.cutoff(environmentId, { kind: 'client', id: clientId })),
        userId === undefined ? undefined : view(credentials.cutoff(environmentId, { kind: 'user', id: userId })),
      ] as const
      if (client instanceof Promise || !areKnown(cutoffs))
        return Promise.all([client, Promise.all(cutoffs)]).then(([one, all]) => latest(one, all))
      return latest(client, cutoffs)
    },
  }
}

function areKnown(cutoffs: readonly Known<CutoffView>[]): cutoffs is readonly (CutoffView | undefined)[] {
  return !cutoffs.some((cutoff) => cutoff instanceof Promise)
}

function latest(client: ClientView | undefined, cutoffs: readonly (CutoffView | undefined)[]): Date | undefined {
  let time = client?.revokedBefore
  for (const cutoff of cutoffs) if (cutoff?.before && (!time || cutoff.before > time)) time = cutoff.before
  return time
}

function view<View>(answer: Answer<View>): Known<View> {
  return answer instanceof Promise ? answer.then(found) : found(answer)
}

function found<View>(lookup: Lookup<View>): View | undefined {
  if (lookup.state === 'parked') throw new FactParked(lookup.reason)
  return lookup.state === 'found' ? lookup.view : undefined
}
