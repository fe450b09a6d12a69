import type { ApiKey } from '@gatehouse/contracts/credential/v1/api_key'
import {
  ExpireApiKeyRequest,
  GetApiKeyRequest,
  ImportApiKeyRequest,
  IssueApiKeyRequest,
  ListApiKeysRequest,
  RestrictApiKeyRequest,
  ResumeApiKeyRequest,
  RevokeApiKeyRequest,
  RotateApiKeyRequest,
  SuspendApiKeyRequest,
} from '@gatehouse/contracts/credential/v1/credential_service'
import type { FastifyInstance } from 'fastify'
import { addEndpoint } from '../http/endpoint.ts'
import { body, duration, pageQuery, ref, refs, restrictions, text, time } from '../http/schemas.ts'
import { apiKeyView, page, writtenAt } from '../http/views.ts'
import type { Services } from '../services.ts'

const tag = 'api-keys'
const collection = '/v1/api-keys'
const item = `${collection}/:api_key_id`
const reply = { api_key: ref('ApiKey') }
const shown = { ...reply, api_key_secret: { ...text(), description: 'The whole key, shown this once.' } }

export function apiKeyRoutes(app: FastifyInstance, services: Services): void {
  apiKeyReads(app, services)
  apiKeyIssuance(app, services)
  apiKeyStates(app, services)
  apiKeyBounds(app, services)
}

function apiKeyReads(app: FastifyInstance, { credential }: Services): void {
  addEndpoint(app, {
    ...{ method: 'GET', url: collection, tag, summary: 'Lists API keys by id, without their secrets.' },
    query: { environment_id: text(), client_id: text(), subscription_id: text(), ...pageQuery },
    reply: { api_keys: refs('ApiKey'), next_page_token: text() },
    operationId: 'listApiKeys',
    message: ListApiKeysRequest,
    call: credential.listApiKeys,
    answer: ({ apiKeys, nextPageToken }) => page('api_keys', apiKeys.map(apiKeyView), nextPageToken),
  })
  addEndpoint(app, {
    ...{ method: 'GET', url: item, tag, summary: 'Shows an API key, without its secret.', reply },
    operationId: 'getApiKey',
    message: GetApiKeyRequest,
    call: credential.getApiKey,
    answer: ({ apiKey }) => ({ api_key: apiKeyView(apiKey) }),
  })
}

const written = ({ apiKey, position }: { apiKey: ApiKey | undefined; position: bigint }) => ({
  api_key: apiKeyView(apiKey),
  ...writtenAt('credential', position),
})
const secret = ({ apiKeySecret }: { apiKeySecret: string }) => apiKeySecret && { api_key_secret: apiKeySecret }

const description = {
  subscription_id: text(),
  display_name: text(),
  restrictions,
  expire_time: time,
}

function apiKeyIssuance(app: FastifyInstance, { credential }: Services): void {
  addEndpoint(app, {
    ...{ method: 'POST', url: collection, tag, summary: 'Issues a further key of a subscription.', status: 201 },
    body: body(description, ['subscription_id']),
    reply: shown,
    operationId: 'issueApiKey',
    message: IssueApiKeyRequest,
    call: credential.issueApiKey,
    answer: (response) => ({ ...written(response), ...secret(response) }),
  })
  addEndpoint(app, {
    ...{ method: 'POST', url: `${collection}/import`, tag, reply, status: 201 },
    summary: 'Brings in a key made elsewhere by its SHA-256, so that its holder need not change.',
    body: body({ ...description, digest: { type: 'string', pattern: '^[A-Za-z0-9+/]{43}=$' } }, [
      'subscription_id',
      'digest',
    ]),
    operationId: 'importApiKey',
    message: ImportApiKeyRequest,
    call: credential.importApiKey,
    answer: written,
  })
  addEndpoint(app, {
    ...{
      method: 'POST',
      url: `${item}/rotate`,
      tag,
      summary: 'Issues a successor; both are active until `overlap` ends.',
    },
    body: body({ overlap: duration }),
    reply: { ...shown, predecessor: ref('ApiKey') },
    operationId: 'rotateApiKey',
    message: RotateApiKeyRequest,
    call: credential.rotateApiKey,
    answer: (response) => ({
      ...written(response),
      ...secret(response),
      predecessor: apiKeyView(response.predecessor),
    }),
  })
}

function apiKeyStates(app: FastifyInstance, { credential }: Services): void {
  const reason = body({ reason: text() })
  addEndpoint(app, {
    ...{ method: 'POST', url: `${item}/suspend`, tag, summary: 'Refuses the key until resumed.', reply },
    body: reason,
    operationId: 'suspendApiKey',
    message: SuspendApiKeyRequest,
    call: credential.suspendApiKey,
    answer: written,
  })
  addEndpoint(app, {
    ...{ method: 'POST', url: `${item}/resume`, tag, summary: 'Ends a suspension.', reply },
    operationId: 'resumeApiKey',
    message: ResumeApiKeyRequest,
    call: credential.resumeApiKey,
    answer: written,
  })
  addEndpoint(app, {
    ...{ method: 'POST', url: `${item}/revoke`, tag, summary: 'Refuses the key for good.', reply },
    body: reason,
    operationId: 'revokeApiKey',
    message: RevokeApiKeyRequest,
    call: credential.revokeApiKey,
    answer: written,
  })
}

function apiKeyBounds(app: FastifyInstance, { credential }: Services): void {
  addEndpoint(app, {
    ...{ method: 'POST', url: `${item}/expire`, tag, reply },
    summary: 'Sets the time from which the key is refused; without one the key does not expire.',
    body: body({ expire_time: time }),
    operationId: 'expireApiKey',
    message: ExpireApiKeyRequest,
    call: credential.expireApiKey,
    answer: written,
  })
  addEndpoint(app, {
    ...{ method: 'POST', url: `${item}/restrict`, tag, summary: 'Replaces the restrictions of the key.', reply },
    body: restrictions,
    operationId: 'restrictApiKey',
    message: RestrictApiKeyRequest,
    arrange: ({ params, body }) => ({ ...params, restrictions: body }),
    call: credential.restrictApiKey,
    answer: written,
  })
}
