import * as rpc from '@gatehouse/contracts/policy/v1/policy_service'
import { notFound } from '@gatehouse/errors'
import { handleCommand } from '@gatehouse/event-store'
import type { CallContext } from '@gatehouse/grpc-service'
import { environmentClaims, environmentDecider } from '../domain/environment/decider.ts'
import { validEnvironment } from '../domain/environment/validate.ts'
import { streams } from '../store/streams.ts'
import { identify } from './identify.ts'
import type { Dependencies } from './policy-service.ts'

const put = {
  name: 'PutEnvironment',
  request: rpc.PutEnvironmentRequest,
  response: rpc.PutEnvironmentResponse,
}

export function environmentMethods({ store, read }: Dependencies) {
  return {
    async putEnvironment(
      request: rpc.PutEnvironmentRequest,
      context: CallContext,
    ): Promise<rpc.PutEnvironmentResponse> {
      const identity = identify(put, request, context)
      const environment = validEnvironment(request.environment)
      const stream = streams.environment(environment.environmentId, request.expectedVersion)
      const command = { type: 'put_environment', environment, time: new Date() } as const
      const { reply } = await handleCommand(store, {
        ...identity,
        streams: { environment: stream },
        decide: (states) => ({
          events: { environment: environmentDecider.decide(command, states.environment) },
          releases: environmentClaims(states.environment, stream.id),
          claims: environmentClaims(environment, stream.id),
        }),
        reply: ({ states, versions, position }) => ({
          environment: states.environment && { ...states.environment, version: versions.environment },
          position,
        }),
      })
      return reply
    },
    async getEnvironment({ environmentId }: rpc.GetEnvironmentRequest): Promise<rpc.GetEnvironmentResponse> {
      const environment = await read.environment(environmentId)
      if (!environment) throw notFound('environment', environmentId)
      return { environment }
    },
    async listEnvironments(request: rpc.ListEnvironmentsRequest): Promise<rpc.ListEnvironmentsResponse> {
      const { found, nextPageToken } = await read.environments(request)
      return { environments: found, nextPageToken }
    },
  }
}
