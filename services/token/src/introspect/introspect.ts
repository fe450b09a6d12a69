import {
  IntrospectionFormat,
  type IntrospectRequest,
  type IntrospectResponse,
} from '@gatehouse/contracts/token/v1/token_service'
import { invalidArgument } from '@gatehouse/errors'
import { type AuthenticatedClient, authenticateClient } from '../issue/client-authentication/client-authentication.ts'
import { type Target, targetsOf } from '../issue/entitlement.ts'
import { Parameters } from '../issue/parameters.ts'
import { type ClientRequest, placeOf } from '../issue/token-request.ts'
import { FactsOf, Refused, refusalOf } from '../refused.ts'
import type { TokenParts } from '../token-parts.ts'
import { inForce } from '../tokens/in-force.ts'
import { type KnownToken, readToken } from '../tokens/read-token.ts'

const { INTROSPECTION_FORMAT_JSON, INTROSPECTION_FORMAT_JWT } = IntrospectionFormat
/** On the wire an enum is any int32. Who asks for what there is none of does not get another form than it believes. */
const formats: readonly IntrospectionFormat[] = [INTROSPECTION_FORMAT_JSON, INTROSPECTION_FORMAT_JWT]

/** RFC 7662 section 2.2: of a token that is not in force nothing else is told. */
const inactive = { active: false } as const
type Answer = typeof inactive | ({ readonly active: true } & Readonly<Record<string, unknown>>)

/**
 * Tells a resource server of a token: one of an audience that it may ask about. For everybody else, and for every token
 * that is not in force, there is no such token.
 * @throws UNAVAILABLE when it cannot be known at the moment; INVALID_ARGUMENT for a format that there is none of
 */
export async function introspect(parts: TokenParts, request: IntrospectRequest): Promise<IntrospectResponse> {
  const { format } = request
  if (!formats.includes(format)) {
    throw invalidArgument([{ field: 'format', description: 'must be INTROSPECTION_FORMAT_JSON or _JWT' }])
  }
  const place = placeOf(parts.state, request.endpoint)
  const facts = new FactsOf()
  try {
    const parameters = new Parameters(request.parameters)
    const clientRequest = { ...place, parameters, facts }
    const client = await authenticateClient(parts, clientRequest)
    if (!client.confidential) throw new Refused('client_authentication_missing')
    const answer = await answerFor(parts, clientRequest, client, parameters.require('token'))
    const value =
      format === INTROSPECTION_FORMAT_JWT ? await signed(parts, clientRequest, client, answer) : JSON.stringify(answer)
    return { result: { $case: 'body', value }, facts: facts.as('ok') }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return {
      result: { $case: 'refusal', value: refusalOf(error.reason, place.environment.environmentId) },
      facts: facts.as(error.reason),
    }
  }
}

async function answerFor(
  parts: TokenParts,
  request: ClientRequest,
  client: AuthenticatedClient,
  text: string,
): Promise<Answer> {
  const token = await readToken(parts, request, text)
  if (!token || !mayAsk(request, client, token) || !(await inForce(parts, request, token))) return inactive
  request.facts.add({ tokenId: token.kind === 'access' ? token.token.tokenId : '' })
  return token.kind === 'access' ? accessAnswer(token) : refreshAnswer(token)
}

/** An access token: the resource server of its audience; a refresh token: the client that holds it. */
function mayAsk(request: ClientRequest, { client, registration }: AuthenticatedClient, token: KnownToken): boolean {
  if (token.kind === 'refresh') return token.clientId === client.clientId
  if (token.token.clientId === client.clientId) return true
  const own = targetsOf(request).filter(({ api }: Target) => registration.introspectableApis.includes(api.apiId))
  return own.some(({ audience }) => audience === token.token.audience)
}

function accessAnswer({ token }: KnownToken & { readonly kind: 'access' }): Answer {
  const { grant_id, subscription_id, origin_jtis, ...told } = token.claims
  const bound = token.confirmation?.method === 'dpop'
  return { active: true, token_type: bound ? 'DPoP' : 'Bearer', ...told }
}

function refreshAnswer({ clientId, userId, scopes, expiresAt }: KnownToken & { readonly kind: 'refresh' }): Answer {
  const exp = Math.floor(expiresAt.getTime() / 1000)
  return { active: true, token_type: 'refresh_token', client_id: clientId, sub: userId, scope: scopes.join(' '), exp }
}

/** RFC 9701 section 5. */
function signed(
  { keys }: TokenParts,
  { environment, issuer, nowMs }: ClientRequest,
  { client }: AuthenticatedClient,
  answer: Answer,
): Promise<string> | string {
  const iat = Math.floor(nowMs / 1000)
  const payload = { iss: issuer.url, aud: client.clientId, iat, token_introspection: answer }
  return keys.sign(environment.environmentId, 'ES256', 'token-introspection+jwt', JSON.stringify(payload))
}
