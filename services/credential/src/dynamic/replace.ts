import { timingSafeEqual } from 'node:crypto'
import { ReplaceDynamicClientRequest } from '@gatehouse/contracts/credential/v1/client_registration_service'
import { ClientSecretState } from '@gatehouse/contracts/credential/v1/client_secret'
import { ChangeClientRegistrationResponse } from '@gatehouse/contracts/credential/v1/credential_service'
import { digestSecret, parseSecret } from '@gatehouse/credential-format'
import { commandIdentity, handleCommand } from '@gatehouse/event-store'
import type { CallContext } from '@gatehouse/grpc-service'
import { client as decider } from '../domain/client/decide.ts'
import type { ClientSecretFacts } from '../domain/client-secret/client-secret.ts'
import { usesSecret } from '../domain/client-secret/provide.ts'
import { clientInformation } from '../domain/registration/client-information.ts'
import type { Dependencies } from '../grpc/credential-service.ts'
import { clientMessage } from '../read/messages.ts'
import { streams } from '../store/streams.ts'
import { authenticatedClient, mayManage, presentedToken } from './authenticate.ts'
import { wantedMetadata } from './metadata.ts'
import { RegistrationRefused } from './refused.ts'
import { firstSecret } from './secret.ts'

const method = {
  name: 'ReplaceDynamicClient',
  request: ReplaceDynamicClientRequest,
  response: ChangeClientRegistrationResponse,
}

/** RFC 7592 section 2.2. What an operator granted stays; a secret is made where the client comes to need one. */
export async function replaceClient(
  { store, read }: Dependencies,
  request: ReplaceDynamicClientRequest,
  context: CallContext,
) {
  const { environmentId, clientId, registrationEndpoint } = request
  const token = presentedToken(request.authorization, environmentId)
  const found = await authenticatedClient(read, request, token)
  const metadata = wantedMetadata(request.metadata)
  if (metadata.clientId !== clientId) throw wrong('client_id must be that of the client')
  const presented = metadata.clientSecret === undefined ? undefined : secretId(metadata.clientSecret)
  const secret = firstSecret(metadata.registration, environmentId, !usesSecret(found))
  const time = new Date()
  const { reply } = await handleCommand(store, {
    ...commandIdentity(method, request, context),
    streams: {
      client: streams.client(clientId),
      clientSecret: streams.clientSecret(secret.id),
      ...(presented && { presented: streams.clientSecret(presented) }),
    },
    decide(states) {
      if (!states.client || !mayManage(states.client, environmentId, token)) {
        throw new RegistrationRefused('registration_token_invalid')
      }
      if (metadata.clientSecret !== undefined) requireOwn(states.presented, clientId, metadata.clientSecret)
      const { consentImplied, introspectableApis, exchangeableApis } =
        states.client.registration ?? metadata.registration
      const granted = { consentImplied, introspectableApis, exchangeableApis }
      const registration = { ...metadata.registration, ...granted }
      const change = { clientId, registration, displayName: metadata.clientName, time }
      const events = decider.decide({ type: 'change_registration', ...change }, states.client)
      const changed = events.reduce(decider.evolve, states.client)
      return { events: { client: events, ...secret.issue({ ...states, client: changed }, clientId, time) } }
    },
    reply: ({ states, versions, position }) => ({ client: clientMessage(states.client, versions.client), position }),
  })
  if (!reply.client) throw new Error('a replaced client is there')
  const secrets = { clientSecret: secret.text, registrationAccessToken: token.text }
  return {
    body: clientInformation(reply.client, registrationEndpoint, secrets),
    position: reply.position,
    clientId,
    credentialId: '',
  }
}

function secretId(text: string): string {
  const parsed = parseSecret('client_secret', text)
  if (parsed.kind !== 'own') throw wrong('client_secret must be that of the client')
  return parsed.id
}

function requireOwn(secret: ClientSecretFacts, clientId: string, text: string): void {
  const active = secret?.state === ClientSecretState.CLIENT_SECRET_STATE_ACTIVE && secret.clientId === clientId
  if (active && timingSafeEqual(secret.digest, digestSecret(text))) return
  throw wrong('client_secret must be that of the client')
}

function wrong(detail: string): RegistrationRefused {
  return new RegistrationRefused('client_metadata_invalid', detail)
}
