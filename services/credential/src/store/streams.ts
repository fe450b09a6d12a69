import type { CredentialEvent } from '@gatehouse/contracts/events'
import type { Fold, Stream } from '@gatehouse/event-store'
import { type ApiKeyFacts, evolve as evolveApiKey } from '../domain/api-key/api-key.ts'
import { type ClientFacts, evolve as evolveClient } from '../domain/client/client.ts'
import { type ClientSecretFacts, evolve as evolveClientSecret } from '../domain/client-secret/client-secret.ts'
import {
  evolve as evolveInitialAccessToken,
  type InitialAccessTokenFacts,
} from '../domain/initial-access-token/initial-access-token.ts'
import { evolve as evolveSubscription, type SubscriptionFacts } from '../domain/subscription/subscription.ts'

const clientFold: Fold<ClientFacts, CredentialEvent> = { initialState: undefined, evolve: evolveClient }
const clientSecretFold: Fold<ClientSecretFacts, CredentialEvent> = {
  initialState: undefined,
  evolve: evolveClientSecret,
}
const initialAccessTokenFold: Fold<InitialAccessTokenFacts, CredentialEvent> = {
  initialState: undefined,
  evolve: evolveInitialAccessToken,
}
const subscriptionFold: Fold<SubscriptionFacts, CredentialEvent> = {
  initialState: undefined,
  evolve: evolveSubscription,
}
const apiKeyFold: Fold<ApiKeyFacts, CredentialEvent> = { initialState: undefined, evolve: evolveApiKey }

/** The streams of the credential log: `<noun>-<id>`, each with its fold. */
export const streams = {
  client: (id: string, expectedVersion?: bigint): Stream<ClientFacts, CredentialEvent> => {
    return { id: `client-${id}`, fold: clientFold, expectedVersion }
  },
  clientSecret: (id: string, expectedVersion?: bigint): Stream<ClientSecretFacts, CredentialEvent> => {
    return { id: `client_secret-${id}`, fold: clientSecretFold, expectedVersion }
  },
  initialAccessToken: (id: string, expectedVersion?: bigint): Stream<InitialAccessTokenFacts, CredentialEvent> => {
    return { id: `initial_access_token-${id}`, fold: initialAccessTokenFold, expectedVersion }
  },
  subscription: (id: string, expectedVersion?: bigint): Stream<SubscriptionFacts, CredentialEvent> => {
    return { id: `subscription-${id}`, fold: subscriptionFold, expectedVersion }
  },
  apiKey: (id: string, expectedVersion?: bigint): Stream<ApiKeyFacts, CredentialEvent> => {
    return { id: `api_key-${id}`, fold: apiKeyFold, expectedVersion }
  },
}
