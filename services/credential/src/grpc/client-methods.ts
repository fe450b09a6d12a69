import type { Client } from '@gatehouse/contracts/credential/v1/client'
import * as rpc from '@gatehouse/contracts/credential/v1/credential_service'
import { notFound } from '@gatehouse/errors'
import { validate } from '@gatehouse/grpc-service'
import type { ClientFacts } from '../domain/client/client.ts'
import { type ClientCommand, client as decider } from '../domain/client/decide.ts'
import { clientMessage } from '../read/messages.ts'
import { streams } from '../store/streams.ts'
import { changing } from './call.ts'
import type { Dependencies } from './credential-service.ts'
import { knownRegistration } from './known-registration.ts'
import { newId } from './new-key.ts'
import * as rules from './rules.ts'

interface Reply {
  readonly client: Client | undefined
  readonly position: bigint
}

export function clientMethods({ store, read }: Dependencies) {
  const change = changing<ClientFacts, ClientCommand, Reply>(store, {
    decider,
    stream: ({ clientId }, expectedVersion) => streams.client(clientId, expectedVersion),
    reply: (client, version, position) => ({ client: clientMessage(client, version), position }),
  })

  return {
    registerClient: change<rpc.RegisterClientRequest>({
      name: 'RegisterClient',
      request: rpc.RegisterClientRequest,
      response: rpc.RegisterClientResponse,
      rules: rules.registerClient,
      command: ({ clientId, environmentId, displayName, registration: given }, time) => {
        const registration = knownRegistration(given)
        return { type: 'register', clientId: clientId || newId(), environmentId, displayName, registration, time }
      },
    }),
    changeClientRegistration: change<rpc.ChangeClientRegistrationRequest>({
      name: 'ChangeClientRegistration',
      request: rpc.ChangeClientRegistrationRequest,
      response: rpc.ChangeClientRegistrationResponse,
      rules: rules.changeClientRegistration,
      command: ({ clientId, displayName, registration: given }, time) => {
        return { type: 'change_registration', clientId, displayName, registration: knownRegistration(given), time }
      },
    }),
    deleteClient: change<rpc.DeleteClientRequest>({
      name: 'DeleteClient',
      request: rpc.DeleteClientRequest,
      response: rpc.DeleteClientResponse,
      rules: rules.deleteClient,
      command: ({ clientId }, time) => ({ type: 'delete', clientId, time }),
    }),
    suspendClient: change<rpc.SuspendClientRequest>({
      name: 'SuspendClient',
      request: rpc.SuspendClientRequest,
      response: rpc.SuspendClientResponse,
      rules: rules.suspendClient,
      command: ({ clientId, reason }, time) => ({ type: 'suspend', clientId, reason, time }),
    }),
    resumeClient: change<rpc.ResumeClientRequest>({
      name: 'ResumeClient',
      request: rpc.ResumeClientRequest,
      response: rpc.ResumeClientResponse,
      rules: rules.resumeClient,
      command: ({ clientId }, time) => ({ type: 'resume', clientId, time }),
    }),
    async getClient(request: rpc.GetClientRequest): Promise<rpc.GetClientResponse> {
      validate(rules.getClient, request)
      const client = await read.client(request.clientId)
      if (!client) throw notFound('client', request.clientId)
      return { client }
    },
    async listClients(request: rpc.ListClientsRequest): Promise<rpc.ListClientsResponse> {
      validate(rules.listClients, request)
      const { page, nextPageToken } = await read.listClients({ environmentId: request.environmentId }, request)
      return { clients: page, nextPageToken }
    },
  }
}
