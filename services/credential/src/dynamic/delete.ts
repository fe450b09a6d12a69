import { DeleteDynamicClientRequest } from '@gatehouse/contracts/credential/v1/client_registration_service'
import { DeleteClientResponse } from '@gatehouse/contracts/credential/v1/credential_service'
import { commandIdentity, handleCommand } from '@gatehouse/event-store'
import type { CallContext } from '@gatehouse/grpc-service'
import { client as decider } from '../domain/client/decide.ts'
import type { Dependencies } from '../grpc/credential-service.ts'
import { streams } from '../store/streams.ts'
import { authenticatedClient, mayManage, presentedToken } from './authenticate.ts'
import { RegistrationRefused } from './refused.ts'

const method = { name: 'DeleteDynamicClient', request: DeleteDynamicClientRequest, response: DeleteClientResponse }

/** RFC 7592 section 2.3. Its secrets, tokens and subscriptions are refused with it. */
export async function deleteClient(
  { store, read }: Dependencies,
  request: DeleteDynamicClientRequest,
  context: CallContext,
) {
  const { environmentId, clientId } = request
  const token = presentedToken(request.authorization, environmentId)
  await authenticatedClient(read, request, token)
  const { reply } = await handleCommand(store, {
    ...commandIdentity(method, request, context),
    streams: { client: streams.client(clientId) },
    decide({ client }) {
      if (!mayManage(client, environmentId, token)) throw new RegistrationRefused('registration_token_invalid')
      return { events: { client: decider.decide({ type: 'delete', clientId, time: new Date() }, client) } }
    },
    reply: ({ position }) => ({ client: undefined, position }),
  })
  return { position: reply.position, clientId }
}
