import type { ClientSecret } from '@gatehouse/contracts/credential/v1/client_secret'
import * as rpc from '@gatehouse/contracts/credential/v1/credential_service'
import { notFound } from '@gatehouse/errors'
import { validate } from '@gatehouse/grpc-service'
import type { ClientSecretFacts } from '../domain/client-secret/client-secret.ts'
import { type ClientSecretCommand, clientSecret as decider } from '../domain/client-secret/decide.ts'
import { clientSecretMessage } from '../read/messages.ts'
import { streams } from '../store/streams.ts'
import { changing } from './call.ts'
import type { Dependencies } from './credential-service.ts'
import * as rules from './rules.ts'

interface Reply {
  readonly clientSecret: ClientSecret | undefined
  readonly position: bigint
}

/** What becomes of a client secret, and what is known of it. New ones have a file of their own. */
export function clientSecretMethods({ store, read }: Dependencies) {
  const change = changing<ClientSecretFacts, ClientSecretCommand, Reply>(store, {
    decider,
    stream: ({ clientSecretId }, expectedVersion) => streams.clientSecret(clientSecretId, expectedVersion),
    reply: (secret, version, position) => ({ clientSecret: clientSecretMessage(secret, version), position }),
  })

  return {
    revokeClientSecret: change<rpc.RevokeClientSecretRequest>({
      name: 'RevokeClientSecret',
      request: rpc.RevokeClientSecretRequest,
      response: rpc.RevokeClientSecretResponse,
      rules: rules.revokeClientSecret,
      command: ({ clientSecretId, reason }, time) => ({ type: 'revoke', clientSecretId, reason, time }),
    }),
    expireClientSecret: change<rpc.ExpireClientSecretRequest>({
      name: 'ExpireClientSecret',
      request: rpc.ExpireClientSecretRequest,
      response: rpc.ExpireClientSecretResponse,
      rules: rules.expireClientSecret,
      command: ({ clientSecretId, expireTime }, time) => ({ type: 'expire', clientSecretId, expireTime, time }),
    }),
    async listClientSecrets(request: rpc.ListClientSecretsRequest): Promise<rpc.ListClientSecretsResponse> {
      validate(rules.listClientSecrets, request)
      // Without it an unknown client would look like one without secrets.
      if (!(await read.client(request.clientId))) throw notFound('client', request.clientId)
      return { clientSecrets: await read.clientSecrets(request.clientId) }
    },
  }
}
