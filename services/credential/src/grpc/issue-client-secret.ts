import {
  IssueClientSecretRequest,
  IssueClientSecretResponse,
} from '@gatehouse/contracts/credential/v1/credential_service'
import { notFound } from '@gatehouse/errors'
import { handleCommand } from '@gatehouse/event-store'
import type { CallContext } from '@gatehouse/grpc-service'
import { issueSecret } from '../domain/client-secret/provide.ts'
import { clientSecretMessage } from '../read/messages.ts'
import { streams } from '../store/streams.ts'
import { identify } from './call.ts'
import type { Dependencies } from './credential-service.ts'
import { mintClientSecret } from './new-secret.ts'
import * as rules from './rules.ts'

const method = {
  name: 'IssueClientSecret',
  request: IssueClientSecretRequest,
  response: IssueClientSecretResponse,
  rules: rules.issueClientSecret,
}

/** A further secret of a client. Its text is in the first answer alone, never in a stored one. */
export function issueClientSecret({ store, read }: Dependencies) {
  return async (request: IssueClientSecretRequest, context: CallContext): Promise<IssueClientSecretResponse> => {
    const identity = identify(method, request, context)
    const { clientId, displayName, expireTime } = request
    // The environment of a client never changes, so this needs no lock.
    const found = await read.client(clientId)
    if (!found) throw notFound('client', clientId)
    const { text, secret } = mintClientSecret(found.environmentId)
    const wanted = { ...secret, clientId, displayName, expireTime, time: new Date() }
    const { reply } = await handleCommand(store, {
      ...identity,
      streams: { client: streams.client(clientId), clientSecret: streams.clientSecret(secret.clientSecretId) },
      decide: (states) => ({ events: issueSecret(states, wanted) }),
      reply: ({ states, versions, position }) => ({
        clientSecret: clientSecretMessage(states.clientSecret, versions.clientSecret),
        clientSecretText: '',
        position,
      }),
    })
    // An earlier request made another secret, whose text is gone; this one is known here alone.
    const own = reply.clientSecret?.clientSecretId === secret.clientSecretId
    return own ? { ...reply, clientSecretText: text } : reply
  }
}
