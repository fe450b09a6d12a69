import { RegisterDynamicClientRequest } from '@gatehouse/contracts/credential/v1/client_registration_service'
import { RegisterClientResponse } from '@gatehouse/contracts/credential/v1/credential_service'
import { failedPrecondition } from '@gatehouse/errors'
import { commandIdentity, handleCommand } from '@gatehouse/event-store'
import type { CallContext } from '@gatehouse/grpc-service'
import { client as decider } from '../domain/client/decide.ts'
import { initialAccessToken } from '../domain/initial-access-token/decide.ts'
import { isUsable } from '../domain/initial-access-token/initial-access-token.ts'
import { clientInformation } from '../domain/registration/client-information.ts'
import type { Dependencies } from '../grpc/credential-service.ts'
import { newId } from '../grpc/new-key.ts'
import { mintNew } from '../grpc/new-secret.ts'
import { clientMessage } from '../read/messages.ts'
import { streams } from '../store/streams.ts'
import { checkInitialAccessToken, presentedToken } from './authenticate.ts'
import { wantedMetadata } from './metadata.ts'
import { RegistrationRefused } from './refused.ts'
import { firstSecret } from './secret.ts'

const method = {
  name: 'RegisterDynamicClient',
  request: RegisterDynamicClientRequest,
  response: RegisterClientResponse,
}

/** RFC 7591 section 3. The answer holds the secret and the registration access token, this once. */
export async function registerClient(
  { store, read }: Dependencies,
  request: RegisterDynamicClientRequest,
  context: CallContext,
) {
  const { environmentId, registrationEndpoint } = request
  const initial = presentedToken(request.authorization, environmentId)
  await checkInitialAccessToken(read, initial)
  const { registration, clientName: displayName } = wantedMetadata(request.metadata)
  const clientId = newId()
  const management = mintNew('registration', environmentId, clientId)
  const kept = { ...registration, registrationTokenDigest: management.digest }
  const secret = firstSecret(registration, environmentId)
  const time = new Date()
  const { reply } = await handleCommand(store, {
    ...commandIdentity(method, request, context),
    streams: {
      initial: streams.initialAccessToken(initial.id),
      client: streams.client(clientId),
      clientSecret: streams.clientSecret(secret.id),
    },
    decide(states) {
      if (!states.initial || !isUsable(states.initial, time)) {
        throw new RegistrationRefused('registration_token_invalid')
      }
      const wanted = { clientId, environmentId, displayName, registration: kept, time }
      const events = decider.decide({ type: 'register', ...wanted }, states.client)
      const registered = events.reduce(decider.evolve, states.client)
      const use = { type: 'use', initialAccessTokenId: initial.id, clientId, time } as const
      const used = initialAccessToken.decide(use, states.initial)
      return {
        events: { initial: used, client: events, ...secret.issue({ ...states, client: registered }, clientId, time) },
      }
    },
    reply: ({ states, versions, position }) => ({ client: clientMessage(states.client, versions.client), position }),
  })
  if (reply.client?.clientId !== clientId) throw failedPrecondition('REQUEST_ID_REUSED', 'the request was answered')
  const secrets = { clientSecret: secret.text, registrationAccessToken: management.text }
  return {
    body: clientInformation(reply.client, registrationEndpoint, secrets),
    position: reply.position,
    clientId,
    credentialId: initial.id,
  }
}
