import type { ClientSecret } from '@gatehouse/contracts/credential/v1/client_secret'
import {
  ExpireClientSecretRequest,
  IssueClientSecretRequest,
  ListClientSecretsRequest,
  RevokeClientSecretRequest,
} from '@gatehouse/contracts/credential/v1/credential_service'
import type { FastifyInstance } from 'fastify'
import { addEndpoint } from '../http/endpoint.ts'
import { clientSecretView } from '../http/oauth-views.ts'
import { body, ref, refs, text, time } from '../http/schemas.ts'
import { writtenAt } from '../http/views.ts'
import type { Services } from '../services.ts'

const tag = 'client-secrets'
const ofClient = '/v1/clients/:client_id/secrets'
const item = '/v1/client-secrets/:client_secret_id'
const reply = { client_secret: ref('ClientSecret') }

const written = (answer: { clientSecret: ClientSecret | undefined; position: bigint }) => ({
  client_secret: clientSecretView(answer.clientSecret),
  ...writtenAt('credential', answer.position),
})

export function clientSecretRoutes(app: FastifyInstance, { credential }: Services): void {
  addEndpoint(app, {
    ...{ method: 'GET', url: ofClient, tag, summary: 'Lists the secrets of a client.' },
    reply: { client_secrets: refs('ClientSecret') },
    operationId: 'listClientSecrets',
    message: ListClientSecretsRequest,
    call: credential.listClientSecrets,
    answer: ({ clientSecrets }) => ({ client_secrets: clientSecrets.map(clientSecretView) }),
  })
  addEndpoint(app, {
    ...{ method: 'POST', url: ofClient, tag, status: 201 },
    summary: 'Makes a further secret of a client, shown this once.',
    body: body({ display_name: text(), expire_time: time }),
    reply: { ...reply, client_secret_text: text() },
    operationId: 'issueClientSecret',
    message: IssueClientSecretRequest,
    call: credential.issueClientSecret,
    answer: ({ clientSecretText, ...answer }) => ({
      ...written(answer),
      ...(clientSecretText && { client_secret_text: clientSecretText }),
    }),
  })
  addEndpoint(app, {
    ...{ method: 'POST', url: `${item}/revoke`, tag, reply },
    summary: 'Refuses a secret for good, and what was issued to its client by now.',
    body: body({ reason: text() }),
    operationId: 'revokeClientSecret',
    message: RevokeClientSecretRequest,
    call: credential.revokeClientSecret,
    answer: written,
  })
  addEndpoint(app, {
    ...{ method: 'POST', url: `${item}/expire`, tag, reply },
    summary: 'Sets or, without one, removes the time from which a secret is refused.',
    body: body({ expire_time: time }),
    operationId: 'expireClientSecret',
    message: ExpireClientSecretRequest,
    call: credential.expireClientSecret,
    answer: written,
  })
}
