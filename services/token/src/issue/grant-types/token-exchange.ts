import type { AccessToken } from '@gatehouse/token-verifier'
import { Refused } from '../../refused.ts'
import type { TokenParts } from '../../token-parts.ts'
import { inForce } from '../../tokens/in-force.ts'
import { readToken } from '../../tokens/read-token.ts'
import { type Actor, issuedFacts, makeAccessToken } from '../access-token.ts'
import type { AuthenticatedClient } from '../client-authentication/client-authentication.ts'
import { entitlementAt, parseScopes, type Target, targetOf, targetsOf } from '../entitlement.ts'
import { requiredConfirmation } from '../sender-constraint.ts'
import type { ClientRequest } from '../token-request.ts'
import { type GrantType, noTokens } from './grant-type.ts'

const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'
const actorsMax = 5
const originsMax = 16

/**
 * RFC 8693: a token for a token, with the same subject and less of everything else: one API that the client is entitled
 * to, no scope that the subject token has not, no longer life. With an actor token it is delegation, and says who acts
 * (`act`); without one impersonation. What was exchanged once is exchanged on by delegation only: a chain stays visible.
 * Whatever revokes one of the tokens it came from revokes it.
 */
export const tokenExchange: GrantType = async (parts, request, client) => {
  const { parameters, facts } = request
  if (!client.confidential) throw new Refused('grant_type_not_allowed')
  requireTypes(request)
  const subject = await presentedToken(parts, request, 'subject_token')
  facts.add({ userId: subject.userId ?? '', grantId: subject.grantId ?? '' })
  if (!mayPresent(request, client, subject)) throw new Refused('subject_token_invalid')
  const actor = parameters.get('actor_token') ? await presentedToken(parts, request, 'actor_token') : undefined
  const act = actorOf(subject, actor, client)
  const entitlement = await entitlementAt(parts.views, client.client.clientId, exchangeTarget(request, client))
  const scopes = narrowed(parameters.get('scope'), subject.scopes, entitlement.subscription.scopes)
  const confirmation = requiredConfirmation(request, client.registration, entitlement.target)
  const token = await makeAccessToken(parts, request, entitlement, {
    subject: subject.subject,
    clientId: client.client.clientId,
    scopes,
    confirmation,
    actor: act,
    ...inherited(subject),
    originTokenIds: originsOf(subject, actor),
    expiresBeforeMs: Math.min(subject.expiresAt, actor?.expiresAt ?? Number.POSITIVE_INFINITY) * 1000,
  })
  facts.add(issuedFacts(entitlement, token, scopes))
  return {
    ...noTokens,
    accessToken: token.text,
    tokenType: token.tokenType,
    expiresIn: BigInt(token.expiresIn),
    scope: scopes.join(' '),
    issuedTokenType: accessTokenType,
  }
}

function requireTypes({ parameters }: ClientRequest): void {
  const asked = parameters.get('requested_token_type') ?? accessTokenType
  const actorType = parameters.get('actor_token_type')
  // RFC 8693 section 2.1: the type stands there when the token does, and only then.
  if ((actorType === undefined) !== (parameters.get('actor_token') === undefined))
    throw new Refused('parameter_missing')
  const types = [parameters.require('subject_token_type'), asked, actorType ?? accessTokenType]
  if (types.some((type) => type !== accessTokenType)) throw new Refused('token_type_unsupported')
}

async function presentedToken(parts: TokenParts, request: ClientRequest, name: string): Promise<AccessToken> {
  const found = await readToken(parts, request, request.parameters.require(name))
  if (found?.kind !== 'access' || !(await inForce(parts, request, found))) throw new Refused('subject_token_invalid')
  // Clocks may differ where it is used; here nothing is made of a life that is over.
  if (found.token.expiresAt * 1000 <= request.nowMs + 1000) throw new Refused('subject_token_invalid')
  return found.token
}

/** A client exchanges its own tokens, and those that it gets as the resource server they are for. */
function mayPresent(
  request: ClientRequest,
  { client, registration }: AuthenticatedClient,
  token: AccessToken,
): boolean {
  const { confirmation } = token
  if (token.clientId === client.clientId) {
    // A stolen token that is bound to a key is not freed of it here.
    return confirmation?.method !== 'dpop' || confirmation.thumbprint === request.endpoint.dpopThumbprint
  }
  const own = targetsOf(request).filter(({ api }) => registration.introspectableApis.includes(api.apiId))
  return own.some(({ audience }) => audience === token.audience)
}

function actorOf(subject: AccessToken, actor: AccessToken | undefined, { client }: AuthenticatedClient) {
  const before = subject.claims['act'] as Actor | undefined
  if (!actor) {
    if (subject.originTokenIds.length > 0) throw new Refused('subject_token_invalid')
    return undefined
  }
  // Who acts is the client that asks: with a token of its own.
  if (actor.clientId !== client.clientId || actor.originTokenIds.length > 0) throw new Refused('subject_token_invalid')
  const act: Actor = { sub: actor.subject, client_id: actor.clientId, ...(before && { act: before }) }
  if (lengthOf(act) > actorsMax) throw new Refused('subject_token_invalid')
  return act
}

function lengthOf(actor: Actor | undefined): number {
  return actor ? 1 + lengthOf(actor.act) : 0
}

/** One that operators allow the client to exchange for. */
function exchangeTarget(request: ClientRequest, { registration }: AuthenticatedClient): Target {
  const target = namedTarget(request)
  if (!registration.exchangeableApis.includes(target.api.apiId)) throw new Refused('not_entitled')
  return target
}

/** `audience` may name the API in the place of `resource`. */
function namedTarget(request: ClientRequest): Target {
  const audiences = request.parameters.all('audience')
  if (audiences.length === 0) return targetOf(request)
  const [audience] = audiences
  const found = targetsOf(request).find((target) => target.audience === audience || target.api.apiId === audience)
  if (audiences.length > 1 || !found) throw new Refused('resource_unknown')
  return found
}

/** A scope that the subject token has not is refused, not left out: it was asked for on purpose. */
function narrowed(asked: string | undefined, had: readonly string[], entitled: readonly string[]): readonly string[] {
  const wanted = asked === undefined ? had : parseScopes(asked)
  if (!wanted.every((scope) => had.includes(scope))) throw new Refused('scope_invalid')
  const granted = wanted.filter((scope) => entitled.includes(scope))
  if (granted.length === 0) throw new Refused('scope_invalid')
  return granted
}

function inherited({ grantId, claims }: AccessToken) {
  const { sid, auth_time: authTime } = claims
  return {
    ...(grantId !== undefined && { grantId }),
    ...(typeof sid === 'string' && { sessionId: sid }),
    ...(typeof authTime === 'number' && { authTime: new Date(authTime * 1000) }),
  }
}

function originsOf(subject: AccessToken, actor: AccessToken | undefined): readonly string[] {
  const origins = [subject.tokenId, ...subject.originTokenIds, ...(actor ? [actor.tokenId] : [])]
  if (origins.length > originsMax) throw new Refused('subject_token_invalid')
  return origins
}
