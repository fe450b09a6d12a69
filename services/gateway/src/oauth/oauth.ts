import { GatehouseError } from '@gatehouse/errors'
import { failureReason } from '../check/failure-reason.ts'
import type { Inquiry } from '../check/inquiry.ts'
import type { OwnResponse } from '../http1/exchange.ts'
import { type OAuthAnswer, type RefusalReason, refuse } from './answer.ts'
import { preflight, withCors } from './cors.ts'
import type { EndpointTable, OAuthEndpoint } from './endpoint.ts'
import { conclude, type RecordParts } from './record.ts'
import type { OAuthRequest } from './request.ts'
import { oauthRoute } from './router.ts'

/** The authorization server of every environment that is an issuer. */
export interface OAuth {
  /** What answers the request; undefined where its path is none of ours. */
  handlerOf(inquiry: Inquiry): (() => Promise<void>) | undefined
}

/** An OAuth request passes: route → method → endpoint → record → answer. */
export function createOAuth(parts: RecordParts, endpoints: EndpointTable): OAuth {
  return {
    handlerOf(inquiry) {
      const { environment } = inquiry.match
      const route = oauthRoute(environment, inquiry.path)
      const endpoint = route && endpoints.get(route.endpoint)
      if (!environment || !route || !endpoint) return undefined
      const request: OAuthRequest = { inquiry, environment, ...route }
      return async () => {
        const answer = await answerOf(parts, request, endpoint)
        if (answer) conclude(parts, request, endpoint.name, finished(request, endpoint, answer))
      }
    },
  }
}

/** Undefined when the client has left. */
async function answerOf(
  { watch }: RecordParts,
  request: OAuthRequest,
  endpoint: OAuthEndpoint,
): Promise<OAuthAnswer | undefined> {
  const { method } = request.inquiry.exchange
  const { methods, crossOrigin } = endpoint
  const refuseFor = (reason: RefusalReason, headers?: OwnResponse['headers']) =>
    endpoint.refuse?.(request, reason, headers) ?? refuse(reason, headers)
  if (method === 'OPTIONS' && crossOrigin) return preflight(methods)
  if (!methods.includes(method)) return refuseFor('method_not_allowed', { Allow: methods.join(', ') })
  try {
    return await endpoint.answer(request)
  } catch (error) {
    watch.failed(error)
    return refuseFor(reasonOf(error))
  }
}

function reasonOf(error: unknown): RefusalReason {
  const status = error instanceof GatehouseError ? error.status : undefined
  const away = status === 'UNAVAILABLE' || status === 'DEADLINE_EXCEEDED'
  return away ? 'token_service_unavailable' : failureReason(error)
}

/** What every answer carries: nothing is kept by caches but what says so. */
function finished(request: OAuthRequest, { crossOrigin }: OAuthEndpoint, { response, facts }: OAuthAnswer) {
  const cors = crossOrigin ? withCors : {}
  const headers = {
    'Cache-Control': 'no-store',
    'X-Request-Id': request.inquiry.requestId,
    ...cors,
    ...response.headers,
  }
  return { facts, response: { ...response, headers } }
}
