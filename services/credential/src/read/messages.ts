import { ApiKey } from '@gatehouse/contracts/credential/v1/api_key'
import { Client } from '@gatehouse/contracts/credential/v1/client'
import { ClientSecret } from '@gatehouse/contracts/credential/v1/client_secret'
import { InitialAccessToken } from '@gatehouse/contracts/credential/v1/initial_access_token'
import { Subscription } from '@gatehouse/contracts/credential/v1/subscription'
import type { ApiKeyFacts } from '../domain/api-key/api-key.ts'
import type { ClientFacts } from '../domain/client/client.ts'
import type { ClientSecretFacts } from '../domain/client-secret/client-secret.ts'
import type { InitialAccessTokenFacts } from '../domain/initial-access-token/initial-access-token.ts'
import type { SubscriptionFacts } from '../domain/subscription/subscription.ts'

/** The messages that the API answers, from the state of a stream and its version; undefined when it does not exist. */
export function clientMessage(facts: ClientFacts, version: bigint): Client | undefined {
  return facts && Client.fromPartial({ ...facts, version })
}

export function clientSecretMessage(facts: ClientSecretFacts, version: bigint): ClientSecret | undefined {
  if (!facts) return undefined
  const { digest: _, ...told } = facts
  return ClientSecret.fromPartial({ ...told, version })
}

export function initialAccessTokenMessage(
  facts: InitialAccessTokenFacts,
  version: bigint,
): InitialAccessToken | undefined {
  if (!facts) return undefined
  const { digest: _, ...told } = facts
  return InitialAccessToken.fromPartial({ ...told, version })
}

export function subscriptionMessage(facts: SubscriptionFacts, version: bigint): Subscription | undefined {
  return facts && Subscription.fromPartial({ ...facts, version })
}

export function apiKeyMessage(facts: ApiKeyFacts, version: bigint): ApiKey | undefined {
  return facts && ApiKey.fromPartial({ ...facts, version })
}
