import type { StartAuthorization } from '@gatehouse/contracts/token/v1/authorization_service'
import type { Parameter } from '@gatehouse/contracts/token/v1/token_service'
import { Refused } from '../refused.ts'
import type { TokenParts } from '../token-parts.ts'
import type { Step } from './answer.ts'
import { checkRequest, proveClient } from './authorization-request.ts'
import { proceed } from './proceed.ts'
import { RefusedToClient } from './return-address.ts'
import type { Visit } from './visit.ts'

/** The authorization endpoint (RFC 6749 section 3.1). @throws Refused, RefusedToClient */
export async function startAuthorization(
  parts: TokenParts,
  visit: Visit,
  { parameters }: StartAuthorization,
): Promise<Step> {
  const { place, facts } = visit
  const pushed = await takePushed(parts, visit, parameters)
  const list = pushed ?? parameters
  const proven = await proveClient(parts.views, place, list)
  facts.add({ clientId: proven.client.clientId, grantType: 'authorization_code' })
  if (!pushed && proven.client.registration.requirePushedAuthorizationRequests) {
    throw new RefusedToClient('request_not_pushed', proven.address)
  }
  const request = await checkRequest(parts, place, list, proven)
  facts.add({ apiId: request.apiId, subscriptionId: request.subscriptionId, scopes: [...request.scopes] })
  return { next: await proceed(parts, visit, request) }
}

/** RFC 9126 section 4: what was pushed stands for all other parameters. Another `request_uri` is none that we fetch. */
async function takePushed(
  parts: TokenParts,
  { place }: Visit,
  parameters: readonly Parameter[],
): Promise<readonly Parameter[] | undefined> {
  const [uri, ...others] = parameters.filter(({ name }) => name === 'request_uri')
  if (!uri) return undefined
  const [client, ...clients] = parameters.filter(({ name }) => name === 'client_id')
  if (!client || clients.length > 0 || others.length > 0) throw new Refused('request_uri_invalid')
  const by = { environmentId: place.environment.environmentId, clientId: client.value }
  const pushed = await parts.authorize.pushed.take(by, uri.value, place.nowMs)
  if (!pushed) throw new Refused('request_uri_invalid')
  return pushed
}
