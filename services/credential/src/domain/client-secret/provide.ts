import { ClientAuthenticationMethod } from '@gatehouse/contracts/credential/v1/client_registration'
import type { CredentialEvent } from '@gatehouse/contracts/events'
import { failedPrecondition } from '@gatehouse/errors'
import { active, type ClientFacts } from '../client/client.ts'
import type { ClientSecretFacts } from './client-secret.ts'
import { clientSecret as decider, type IssueClientSecret } from './decide.ts'

/** What is new in a secret; its environment is that of its client. */
export type NewClientSecret = Omit<IssueClientSecret, 'type' | 'environmentId'> & {
  readonly clientSecretId: string
  readonly time: Date
}

const { CLIENT_AUTHENTICATION_METHOD_CLIENT_SECRET_BASIC: BASIC } = ClientAuthenticationMethod
const { CLIENT_AUTHENTICATION_METHOD_CLIENT_SECRET_POST: POST } = ClientAuthenticationMethod

/** Whether a client proves itself with a secret. */
export function usesSecret({ registration }: Pick<NonNullable<ClientFacts>, 'registration'>): boolean {
  const method = registration?.tokenEndpointAuthMethod
  return method === BASIC || method === POST
}

/**
 * A further secret of an active client that uses one: of another it would be a credential nobody looks for.
 * @throws NOT_FOUND, FAILED_PRECONDITION `CLIENT_DELETED`, `CLIENT_SUSPENDED` or `CLIENT_USES_NO_SECRET`
 */
export function issueSecret(
  { client, clientSecret }: { readonly client: ClientFacts; readonly clientSecret: ClientSecretFacts },
  secret: NewClientSecret,
): { readonly clientSecret: readonly CredentialEvent[] } {
  const owner = active(client, secret.clientId)
  if (!usesSecret(owner)) {
    const message = `client ${secret.clientId} does not authenticate by a secret: see its token_endpoint_auth_method`
    throw failedPrecondition('CLIENT_USES_NO_SECRET', message)
  }
  const command = { type: 'issue', ...secret, environmentId: owner.environmentId } as const
  return { clientSecret: decider.decide(command, clientSecret) }
}
