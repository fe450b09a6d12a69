import type { Api } from '@gatehouse/contracts/policy/v1/api'
import * as rpc from '@gatehouse/contracts/policy/v1/policy_service'
import { notFound } from '@gatehouse/errors'
import { handleCommand } from '@gatehouse/event-store'
import type { CallContext } from '@gatehouse/grpc-service'
import { apiDecider, resourceClaims } from '../domain/api/decider.ts'
import { validApi } from '../domain/api/validate.ts'
import { importOpenApi } from '../domain/openapi/import-openapi.ts'
import { streams } from '../store/streams.ts'
import { identify } from './identify.ts'
import type { Dependencies } from './policy-service.ts'

const put = { name: 'PutApi', request: rpc.PutApiRequest, response: rpc.PutApiResponse }
const importing = { name: 'ImportOpenApi', request: rpc.ImportOpenApiRequest, response: rpc.ImportOpenApiResponse }
const retire = { name: 'RetireApi', request: rpc.RetireApiRequest, response: rpc.RetireApiResponse }

export function apiMethods({ store, read }: Dependencies) {
  async function publish(
    identity: ReturnType<typeof identify<rpc.PutApiRequest, rpc.PutApiResponse>>,
    api: Api,
    expectedVersion: bigint | undefined,
  ) {
    const time = new Date()
    const stream = streams.api(api.environmentId, api.apiId, expectedVersion)
    const { reply } = await handleCommand(store, {
      ...identity,
      streams: { environment: streams.environment(api.environmentId), api: stream },
      decide: ({ environment, api: state }) => ({
        events: { api: apiDecider.decide({ type: 'put_api', api, environment, time }, state) },
        releases: resourceClaims(state, stream.id),
        claims: resourceClaims(api, stream.id),
      }),
      reply: ({ states, versions, position }) => ({
        api: states.api && { ...states.api, version: versions.api },
        position,
      }),
    })
    return reply
  }

  return {
    async putApi(request: rpc.PutApiRequest, context: CallContext): Promise<rpc.PutApiResponse> {
      const identity = identify(put, request, context)
      return publish(identity, validApi(request.api), request.expectedVersion)
    },
    async importOpenApi(request: rpc.ImportOpenApiRequest, context: CallContext): Promise<rpc.ImportOpenApiResponse> {
      const identity = identify(importing, request, context)
      return publish(identity, importOpenApi(request.api, request.document), request.expectedVersion)
    },
    async retireApi(request: rpc.RetireApiRequest, context: CallContext): Promise<rpc.RetireApiResponse> {
      const identity = identify(retire, request, context)
      const { environmentId, apiId, expectedVersion } = request
      const command = { type: 'retire_api', environmentId, apiId, time: new Date() } as const
      const stream = streams.api(environmentId, apiId, expectedVersion)
      const { reply } = await handleCommand(store, {
        ...identity,
        streams: { api: stream },
        decide: ({ api }) => ({
          events: { api: apiDecider.decide(command, api) },
          releases: resourceClaims(api, stream.id),
        }),
        reply: ({ position }) => ({ position }),
      })
      return reply
    },
    async getApi({ environmentId, apiId }: rpc.GetApiRequest): Promise<rpc.GetApiResponse> {
      const api = await read.api(environmentId, apiId)
      if (!api) throw notFound('api', apiId)
      return { api }
    },
    async listApis(request: rpc.ListApisRequest): Promise<rpc.ListApisResponse> {
      const { found, nextPageToken } = await read.apis(request.environmentId, request)
      return { apis: found, nextPageToken }
    },
  }
}
