import type { ClientRegistration } from '@gatehouse/contracts/credential/v1/client_registration'
import type { CredentialEvent } from '@gatehouse/contracts/events'
import type { ClientFacts } from '../domain/client/client.ts'
import type { ClientSecretFacts } from '../domain/client-secret/client-secret.ts'
import { issueSecret, usesSecret } from '../domain/client-secret/provide.ts'
import { mintClientSecret } from '../grpc/new-secret.ts'

interface States {
  readonly client: ClientFacts
  readonly clientSecret: ClientSecretFacts
}

/** A secret for a client that comes to need one; for others its stream stays empty and there is no text. */
export function firstSecret(registration: ClientRegistration, environmentId: string, needed = true) {
  const { text, secret } = mintClientSecret(environmentId)
  const id = secret.clientSecretId
  if (!needed || !usesSecret({ registration })) return { id, text: undefined, issue: () => ({}) }
  return {
    ...{ id, text },
    issue(states: States, clientId: string, time: Date): { readonly clientSecret: readonly CredentialEvent[] } {
      return issueSecret(states, { ...secret, clientId, displayName: '', expireTime: undefined, time })
    },
  }
}
