import type { Facts, Refusal } from '@gatehouse/contracts/token/v1/token_service'
import { repeated } from '../../http1/exchange.ts'
import { json, type OAuthAnswer, refuse, refused } from '../answer.ts'
import type { OAuthEndpoint } from '../endpoint.ts'
import { readJson } from '../read-body.ts'
import type { RegistrationCalls } from '../registration-calls.ts'
import type { OAuthRequest } from '../request.ts'

type Answered = OAuthAnswer | undefined | Promise<OAuthAnswer | undefined>

/** RFC 7591 below itself, and for each registered client RFC 7592 below `/<client_id>`. */
export function registrationEndpoint(calls: RegistrationCalls): OAuthEndpoint {
  const manage: Readonly<Record<string, (asked: Asked) => Answered>> = {
    GET: (asked) => answered(calls.getDynamicClient(asked.named), 200),
    PUT: (asked) =>
      withMetadata(asked, (metadata) =>
        answered(calls.replaceDynamicClient({ ...asked.named, requestId: asked.requestId, metadata }), 200),
      ),
    DELETE: async ({ named: { registrationEndpoint: _, ...named }, requestId }) => {
      const { refusal, facts, position } = await calls.deleteDynamicClient({ ...named, requestId })
      if (refusal) return refused(refusal, facts)
      return { response: { status: 204, headers: positionHeader(position) }, facts: facts ?? { reason: 'ok' } }
    },
  }
  const register = (asked: Asked) =>
    withMetadata(asked, (metadata) => {
      const { clientId: _, ...named } = asked.named
      return answered(calls.registerDynamicClient({ ...named, requestId: asked.requestId, metadata }), 201)
    })

  return {
    ...{ name: 'register', methods: ['POST', 'GET', 'PUT', 'DELETE'], crossOrigin: false },
    answer(request) {
      const asked = askedOf(request)
      if (!asked) return refuse('request_malformed')
      const { method } = request.inquiry.exchange
      const handle = request.below === '' ? (method === 'POST' ? register : undefined) : manage[method]
      const allow = request.below === '' ? 'POST' : Object.keys(manage).join(', ')
      return handle ? handle(asked) : refuse('method_not_allowed', { Allow: allow })
    },
  }
}

interface Asked {
  readonly request: OAuthRequest
  readonly requestId: string
  readonly named: {
    readonly environmentId: string
    readonly authorization: string
    readonly clientId: string
    readonly registrationEndpoint: string
  }
}

/** Undefined where the Authorization header came twice. */
function askedOf(request: OAuthRequest): Asked | undefined {
  const { inquiry, environment, issuer, below } = request
  const authorization = inquiry.exchange.header('authorization')
  if (authorization === repeated) return undefined
  const registrationEndpoint = `${issuer.url}/oauth2/v2/register`
  const named = { environmentId: environment.environmentId, authorization: authorization ?? '', registrationEndpoint }
  return { request, requestId: inquiry.requestId, named: { ...named, clientId: below } }
}

async function withMetadata(
  { request }: Asked,
  ask: (metadata: Uint8Array) => Promise<OAuthAnswer>,
): Promise<OAuthAnswer | undefined> {
  const body = await readJson(request)
  if (body === 'client_gone') return undefined
  return typeof body === 'string' ? refuse(body) : ask(body)
}

interface Answer {
  readonly result?:
    | { readonly $case: 'body'; readonly value: string }
    | { readonly $case: 'refusal'; readonly value: Refusal }
    | undefined
  readonly facts?: Facts | undefined
  readonly position?: bigint
}

async function answered(answering: Promise<Answer>, status: number): Promise<OAuthAnswer> {
  const { result, facts, position = 0n } = await answering
  if (result?.$case === 'refusal') return refused(result.value, facts)
  if (!result) throw new Error('the credential service answered nothing')
  const answer = json(result.value, facts ?? { reason: 'ok' }, positionHeader(position))
  return { ...answer, response: { ...answer.response, status } }
}

function positionHeader(position: bigint): Record<string, string> {
  return position > 0n ? { 'X-Gatehouse-Position': `credential:${position}` } : {}
}
