import type { SigningKey } from '@gatehouse/contracts/token/v1/signing_key'
import {
  ListSigningKeysRequest,
  RemoveSigningKeyRequest,
  RotateSigningKeyRequest,
} from '@gatehouse/contracts/token/v1/token_admin_service'
import type { FastifyInstance } from 'fastify'
import { addEndpoint } from '../http/endpoint.ts'
import { algorithm } from '../http/oauth-schemas.ts'
import { signingKeyView } from '../http/oauth-views.ts'
import { body, ref, refs, text } from '../http/schemas.ts'
import { writtenAt } from '../http/views.ts'
import type { Services } from '../services.ts'

const tag = 'signing-keys'
const collection = '/v1/signing-keys'
const reply = { signing_key: ref('SigningKey') }

const written = ({ signingKey, position }: { signingKey: SigningKey | undefined; position: bigint }) => ({
  signing_key: signingKeyView(signingKey),
  ...writtenAt('token', position),
})

export function signingKeyRoutes(app: FastifyInstance, { token }: Services): void {
  addEndpoint(app, {
    ...{ method: 'GET', url: collection, tag, summary: 'Lists the signing keys of an environment, newest first.' },
    query: { environment_id: text() },
    reply: { signing_keys: refs('SigningKey') },
    operationId: 'listSigningKeys',
    message: ListSigningKeysRequest,
    call: token.listSigningKeys,
    answer: ({ signingKeys }) => ({ signing_keys: signingKeys.map(signingKeyView) }),
  })
  addEndpoint(app, {
    ...{ method: 'POST', url: `${collection}/rotate`, tag, reply },
    summary: 'Publishes a new key, which takes over when every cache knows it.',
    body: body({ environment_id: text(), algorithm }, ['environment_id']),
    operationId: 'rotateSigningKey',
    message: RotateSigningKeyRequest,
    call: token.rotateSigningKey,
    answer: written,
  })
  addEndpoint(app, {
    ...{ method: 'POST', url: `${collection}/:key_id/remove`, tag, reply },
    summary: 'Refuses at once all that a key signed: for one that leaked.',
    body: body({ reason: text() }),
    operationId: 'removeSigningKey',
    message: RemoveSigningKeyRequest,
    call: token.removeSigningKey,
    answer: written,
  })
}
