import type { ClientSecretView, ClientView, SubscriptionView } from '@gatehouse/contracts/read_model/v1/views'
import { type DecisionState, FactParked } from '@gatehouse/decision-state'
import type { Lookup } from '@gatehouse/read-model'
import type { AccessToken } from '@gatehouse/token-verifier'

/** What deny lists name a token by. */
export type Deniable = Pick<AccessToken, 'tokenId' | 'originTokenIds' | 'grantId' | 'userId' | 'clientId' | 'issuedAt'>

/** What the token service reads of clients: the read model's views, found or not. Rejects with FactParked. */
export interface Views {
  client(clientId: string): Promise<ClientView | undefined>
  clientSecret(clientSecretId: string): Promise<ClientSecretView | undefined>
  /** The subscription that was last activated between a client and an API. */
  subscriptionOf(clientId: string, apiId: string): Promise<SubscriptionView | undefined>
  subscription(subscriptionId: string): Promise<SubscriptionView | undefined>
  /** Whether a deny list names the token: itself, what it comes from, its client, user or environment. */
  isDenied(environmentId: string, token: Deniable): Promise<boolean>
  /** What was issued at or before the time is refused: to a user or, without one, to anybody of the environment. */
  cutoffTime(environmentId: string, userId?: string): Promise<Date | undefined>
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
    async isDenied(environmentId, { tokenId, originTokenIds, grantId, userId, clientId, issuedAt }) {
      const revocations = [tokenId, ...originTokenIds].map((id) => credentials.revokedToken(environmentId, id))
      const cutoffs = [
        credentials.cutoff(environmentId),
        credentials.cutoff(environmentId, { kind: 'client', id: clientId }),
        ...(userId === undefined ? [] : [credentials.cutoff(environmentId, { kind: 'user', id: userId })]),
      ]
      const named = await Promise.all([
        ...revocations,
        ...(grantId === undefined ? [] : [credentials.revokedGrant(grantId)]),
        ...(userId === undefined ? [] : [credentials.suspendedUser(userId)]),
      ])
      if (named.some((lookup) => found<object>(lookup) !== undefined)) return true
      const issuedAtMs = issuedAt * 1000
      return (await Promise.all(cutoffs)).some((lookup) => {
        const before = found(lookup)?.before
        return before !== undefined && issuedAtMs <= before.getTime()
      })
    },
    async cutoffTime(environmentId, userId) {
      const subject = userId === undefined ? undefined : ({ kind: 'user', id: userId } as const)
      return found(await credentials.cutoff(environmentId, subject))?.before
    },
  }
}

function found<View>(lookup: Lookup<View>): View | undefined {
  if (lookup.state === 'parked') throw new FactParked(lookup.reason)
  return lookup.state === 'found' ? lookup.view : undefined
}
