import type { Client } from '@gatehouse/contracts/credential/v1/client'
import {
  ChangeClientRegistrationRequest,
  DeleteClientRequest,
  GetClientRequest,
  ListClientsRequest,
  RegisterClientRequest,
  ResumeClientRequest,
  SuspendClientRequest,
} from '@gatehouse/contracts/credential/v1/credential_service'
import type { FastifyInstance } from 'fastify'
import { addEndpoint, type Input } from '../http/endpoint.ts'
import { registration } from '../http/oauth-schemas.ts'
import { clientView } from '../http/oauth-views.ts'
import { body, pageQuery, ref, refs, text } from '../http/schemas.ts'
import { page, writtenAt } from '../http/views.ts'
import type { Services } from '../services.ts'

const tag = 'clients'
const collection = '/v1/clients'
const item = `${collection}/:client_id`
const reply = { client: ref('Client') }

export function clientRoutes(app: FastifyInstance, services: Services): void {
  clientReads(app, services)
  clientRegistration(app, services)
  clientStates(app, services)
}

function clientReads(app: FastifyInstance, { credential }: Services): void {
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
}

const written = ({ client, position }: { client: Client | undefined; position: bigint }) => ({
  client: clientView(client),
  ...writtenAt('credential', position),
})

/** The contracts keep a key set as its text. */
function withKeysAsText({ params, body }: Input): object {
  const registration = body['registration'] as { readonly jwks?: object } | null | undefined
  if (!registration?.jwks) return { ...body, ...params }
  return { ...body, ...params, registration: { ...registration, jwks: JSON.stringify(registration.jwks) } }
}

function clientRegistration(app: FastifyInstance, { credential }: Services): void {
  addEndpoint(app, {
    ...{ method: 'POST', url: collection, tag, summary: 'Registers a client.', reply, status: 201 },
    body: body({ environment_id: text(), client_id: text(), display_name: text(), registration }, ['environment_id']),
    operationId: 'registerClient',
    message: RegisterClientRequest,
    arrange: withKeysAsText,
    call: credential.registerClient,
    answer: written,
  })
  addEndpoint(app, {
    ...{ method: 'POST', url: `${item}/change`, tag, reply },
    summary: 'Replaces what a client may do as an OAuth client; null makes it none.',
    body: body({ registration: { ...registration, type: ['object', 'null'] }, display_name: text() }, ['registration']),
    operationId: 'changeClientRegistration',
    message: ChangeClientRegistrationRequest,
    arrange: withKeysAsText,
    call: credential.changeClientRegistration,
    answer: written,
  })
  addEndpoint(app, {
    ...{ method: 'DELETE', url: item, tag, summary: 'Ends a client for good.', reply },
    operationId: 'deleteClient',
    message: DeleteClientRequest,
    call: credential.deleteClient,
    answer: written,
  })
}

function clientStates(app: FastifyInstance, { credential }: Services): void {
  addEndpoint(app, {
    ...{ method: 'POST', url: `${item}/suspend`, tag, summary: 'Refuses everything of a client until resumed.', reply },
    body: body({ reason: text() }),
    operationId: 'suspendClient',
    message: SuspendClientRequest,
    call: credential.suspendClient,
    answer: written,
  })
  addEndpoint(app, {
    ...{ method: 'POST', url: `${item}/resume`, tag, summary: 'Ends a suspension.', reply },
    operationId: 'resumeClient',
    message: ResumeClientRequest,
    call: credential.resumeClient,
    answer: written,
  })
}
