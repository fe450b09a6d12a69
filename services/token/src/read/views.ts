import type { ClientSecretView, ClientView, SubscriptionView } from '@gatehouse/contracts/read_model/v1/views'
import { type DecisionState, FactParked } from '@gatehouse/decision-state'
import type { Lookup } from '@gatehouse/read-model'

/** Whom a token is issued to, and for. */
export interface Parties {
  readonly environmentId: string
  /** Undefined: no client is asked about. */
  readonly clientId?: string
  /** Undefined: the client acts for itself. */
  readonly userId: string | undefined
}

/** What the token service reads of clients: the read model's views, found or not. Rejects with FactParked. */
export interface Views {
  client(clientId: string): Promise<ClientView | undefined>
  clientSecret(clientSecretId: string): Promise<ClientSecretView | undefined>
  /** The subscription that was last activated between a client and an API. */
  subscriptionOf(clientId: string, apiId: string): Promise<SubscriptionView | undefined>
  subscription(subscriptionId: string): Promise<SubscriptionView | undefined>
  /** What was issued to the client, for the user or in the environment by this time is refused; undefined: nothing is. */
  cutoffOf(parties: Parties): Promise<Date | undefined>
}

export function createViews({ credentials }: Pick<DecisionState, 'credentials'>): Views {
  return {
    client: async (id) => found(await credentials.client(id)),
    clientSecret: async (id) => found(await credentials.clientSecret(id)),
    async subscriptionOf(clientId, apiId) {
      const entitlement = found(await credentials.entitlement(clientId, apiId))
      return entitlement && found(await credentials.subscription(entitlement.subscriptionId))
    },
    subscription: async (id) => found(await credentials.subscription(id)),
    async cutoffOf({ environmentId, clientId, userId }) {
      const client = clientId === undefined ? undefined : found(await credentials.client(clientId))
      const cutoffs = await Promise.all([
        credentials.cutoff(environmentId),
        ...(clientId === undefined ? [] : [credentials.cutoff(environmentId, { kind: 'client', id: clientId })]),
        ...(userId === undefined ? [] : [credentials.cutoff(environmentId, { kind: 'user', id: userId })]),
      ])
      const times = [client?.revokedBefore, ...cutoffs.map((lookup) => found(lookup)?.before)]
      return times.reduce((latest, time) => (time && (!latest || time > latest) ? time : latest), undefined)
    },
  }
}

function found<View>(lookup: Lookup<View>): View | undefined {
  if (lookup.state === 'parked') throw new FactParked(lookup.reason)
  return lookup.state === 'found' ? lookup.view : undefined
}
