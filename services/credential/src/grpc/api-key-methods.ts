import type { ApiKey } from '@gatehouse/contracts/credential/v1/api_key'
import * as rpc from '@gatehouse/contracts/credential/v1/credential_service'
import { notFound } from '@gatehouse/errors'
import { validate } from '@gatehouse/grpc-service'
import type { ApiKeyFacts } from '../domain/api-key/api-key.ts'
import { type ApiKeyCommand, apiKey as decider } from '../domain/api-key/decide.ts'
import { apiKeyMessage } from '../read/messages.ts'
import { streams } from '../store/streams.ts'
import { changing } from './call.ts'
import type { Dependencies } from './credential-service.ts'
import { knownRestrictions } from './restrictions.ts'
import * as rules from './rules.ts'

interface Reply {
  readonly apiKey: ApiKey | undefined
  readonly position: bigint
}

/** What becomes of an API key, and what is known of it. New ones have a file each. */
export function apiKeyMethods({ store, read }: Dependencies) {
  const change = changing<ApiKeyFacts, ApiKeyCommand, Reply>(store, {
    decider,
    stream: ({ apiKeyId }, expectedVersion) => streams.apiKey(apiKeyId, expectedVersion),
    reply: (apiKey, version, position) => ({ apiKey: apiKeyMessage(apiKey, version), position }),
  })

  return {
    suspendApiKey: change<rpc.SuspendApiKeyRequest>({
      name: 'SuspendApiKey',
      request: rpc.SuspendApiKeyRequest,
      response: rpc.SuspendApiKeyResponse,
      rules: rules.suspendApiKey,
      command: ({ apiKeyId, reason }, time) => ({ type: 'suspend', apiKeyId, reason, time }),
    }),
    resumeApiKey: change<rpc.ResumeApiKeyRequest>({
      name: 'ResumeApiKey',
      request: rpc.ResumeApiKeyRequest,
      response: rpc.ResumeApiKeyResponse,
      rules: rules.resumeApiKey,
      command: ({ apiKeyId }, time) => ({ type: 'resume', apiKeyId, time }),
    }),
    revokeApiKey: change<rpc.RevokeApiKeyRequest>({
      name: 'RevokeApiKey',
      request: rpc.RevokeApiKeyRequest,
      response: rpc.RevokeApiKeyResponse,
      rules: rules.revokeApiKey,
      command: ({ apiKeyId, reason }, time) => ({ type: 'revoke', apiKeyId, reason, time }),
    }),
    expireApiKey: change<rpc.ExpireApiKeyRequest>({
      name: 'ExpireApiKey',
      request: rpc.ExpireApiKeyRequest,
      response: rpc.ExpireApiKeyResponse,
      rules: rules.expireApiKey,
      command: ({ apiKeyId, expireTime }, time) => ({ type: 'expire', apiKeyId, expireTime, time }),
    }),
    restrictApiKey: change<rpc.RestrictApiKeyRequest>({
      name: 'RestrictApiKey',
      request: rpc.RestrictApiKeyRequest,
      response: rpc.RestrictApiKeyResponse,
      rules: rules.restrictApiKey,
      command: ({ apiKeyId, restrictions }, time) => {
        return { type: 'restrict', apiKeyId, restrictions: knownRestrictions(restrictions), time }
      },
    }),
    async getApiKey(request: rpc.GetApiKeyRequest): Promise<rpc.GetApiKeyResponse> {
      validate(rules.getApiKey, request)
      const apiKey = await read.apiKey(request.apiKeyId)
      if (!apiKey) throw notFound('api_key', request.apiKeyId)
      return { apiKey }
    },
    async listApiKeys(request: rpc.ListApiKeysRequest): Promise<rpc.ListApiKeysResponse> {
      validate(rules.listApiKeys, request)
      const { environmentId, clientId, subscriptionId } = request
      const { page, nextPageToken } = await read.listApiKeys({ environmentId, clientId, subscriptionId }, request)
      return { apiKeys: page, nextPageToken }
    },
    async recordApiKeyUse(request: rpc.RecordApiKeyUseRequest): Promise<rpc.RecordApiKeyUseResponse> {
      validate(rules.recordApiKeyUse, request)
      await read.recordUse(request.uses)
      return {}
    },
  }
}
