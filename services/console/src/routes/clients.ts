import {
  GetClientRequest,
  ListClientsRequest,
  RegisterClientRequest,
  ResumeClientRequest,
  SuspendClientRequest,
} from '@gatehouse/contracts/credential/v1/credential_service'
import type { FastifyInstance } from 'fastify'
import { addEndpoint } from '../http/endpoint.ts'
import { body, pageQuery, ref, refs, text } from '../http/schemas.ts'
import { clientView, page, writtenAt } from '../http/views.ts'
import type { Services } from '../services.ts'

const tag = 'clients'
const collection = '/v1/clients'
const item = `${collection}/:client_id`
const reply = { client: ref('Client') }

export function clientRoutes(app: FastifyInstance, { credential }: Services): void {
  addEndpoint(app, {
    ...{ method: 'GET', url: collection, tag, summary: 'Lists clients by id.' },
    query: { environment_id: text(), ...pageQuery },
    reply: { clients: refs('Client'), next_page_token: text() },
    operationId: 'listClients',
    message: ListClientsRequest,
    call: credential.listClients,
    answer: ({ clients, nextPageToken }) => page('clients', clients.map(clientView), nextPageToken),
  })
  addEndpoint(app, {
    ...{ method: 'GET', url: item, tag, summary: 'Shows a client.', reply },
    operationId: 'getClient',
    message: GetClientRequest,
    call: credential.getClient,
    answer: ({ client }) => ({ client: clientView(client) }),
  })
  addEndpoint(app, {
    ...{ method: 'POST', url: collection, tag, summary: 'Registers a client.', reply, status: 201 },
    body: body({ environment_id: text(), client_id: text(), display_name: text() }, ['environment_id']),
    operationId: 'registerClient',
    message: RegisterClientRequest,
    call: credential.registerClient,
    answer: ({ client, position }) => ({ client: clientView(client), ...writtenAt('credential', position) }),
  })
  addEndpoint(app, {
    ...{ method: 'POST', url: `${item}/suspend`, tag, summary: 'Refuses everything of a client until resumed.', reply },
    body: body({ reason: text() }),
    operationId: 'suspendClient',
    message: SuspendClientRequest,
    call: credential.suspendClient,
    answer: ({ client, position }) => ({ client: clientView(client), ...writtenAt('credential', position) }),
  })
  addEndpoint(app, {
    ...{ method: 'POST', url: `${item}/resume`, tag, summary: 'Ends a suspension.', reply },
    operationId: 'resumeClient',
    message: ResumeClientRequest,
    call: credential.resumeClient,
    answer: ({ client, position }) => ({ client: clientView(client), ...writtenAt('credential', position) }),
  })
}
