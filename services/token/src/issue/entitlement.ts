import { SubscriptionState } from '@gatehouse/contracts/credential/v1/subscription'
import type { SubscriptionView } from '@gatehouse/contracts/read_model/v1/views'
import { audienceOf, type CompiledApi, type CompiledTokens } from '@gatehouse/policy-engine'
import type { Views } from '../read/views.ts'
import { Refused } from '../refused.ts'
import type { ClientRequest, Place } from './token-request.ts'

/** An API whose tokens are asked for. */
export interface Target {
  readonly api: CompiledApi
  readonly tokens: CompiledTokens
  /** `aud` */
  readonly audience: string
}

/** What a client may have at a target. */
export interface Entitlement {
  readonly target: Target
  readonly subscription: SubscriptionView
}

/**
 * The API that a request is about: that of the path, or of `resource` (RFC 8707). One token is for one API.
 * @throws Refused `resource_unknown`
 */
export function targetOf(request: ClientRequest): Target {
  const { endpoint, parameters } = request
  const resources = parameters.all('resource')
  if (resources.length > 1) throw new Refused('resource_unknown')
  const [resource] = resources
  const found = endpoint.apiId
    ? targetAt(request, request.environment.apis.get(endpoint.apiId))
    : targetsOf(request).find(({ audience }) => audience === resource)
  if (!found || (resource !== undefined && found.audience !== resource)) throw new Refused('resource_unknown')
  return found
}

/** Every API of the environment that takes tokens. */
export function targetsOf(place: Place): readonly Target[] {
  return [...place.environment.apis.values()].flatMap((api) => targetAt(place, api) ?? [])
}

type AnyApi = Place['environment']['apis'] extends ReadonlyMap<string, infer Api> ? Api : never

function targetAt({ issuer }: Place, api: AnyApi | undefined): Target | undefined {
  if (api?.kind !== 'usable' || !api.tokens) return undefined
  return { api, tokens: api.tokens, audience: audienceOf(issuer, api, api.tokens) }
}

/**
 * What a client may have at the API that its request is about. A request that names none is about the one that the
 * client is entitled to, where there is only one.
 * @throws Refused `resource_unknown`, `not_entitled`, `subscription_inactive`
 */
export function entitlementOf(
  views: Views,
  request: ClientRequest,
  clientId: string,
): Entitlement | Promise<Entitlement> {
  const named = request.endpoint.apiId !== '' || request.parameters.all('resource').length > 0
  return named ? entitlementAt(views, clientId, targetOf(request)) : onlyEntitlement(views, request, clientId)
}

/** @throws Refused `not_entitled`, `subscription_inactive` */
export function entitlementAt(views: Views, clientId: string, target: Target): Entitlement | Promise<Entitlement> {
  const entitled = (subscription: SubscriptionView | undefined) => {
    if (!subscription) throw new Refused('not_entitled')
    if (subscription.state !== SubscriptionState.SUBSCRIPTION_STATE_ACTIVE) throw new Refused('subscription_inactive')
    return { target, subscription }
  }
  const subscription = views.subscriptionOf(clientId, target.api.apiId)
  return subscription instanceof Promise ? subscription.then(entitled) : entitled(subscription)
}

async function onlyEntitlement(views: Views, request: ClientRequest, clientId: string): Promise<Entitlement> {
  const entitlements = await Promise.all(
    targetsOf(request).map(async (target) => ({
      target,
      subscription: await views.subscriptionOf(clientId, target.api.apiId),
    })),
  )
  const active = entitlements.filter(
    ({ subscription }) => subscription?.state === SubscriptionState.SUBSCRIPTION_STATE_ACTIVE,
  )
  const [only, another] = active
  if (!only?.subscription || another) throw new Refused('resource_unknown')
  return { target: only.target, subscription: only.subscription }
}

const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/
const scopesMax = 64

/**
 * Requested ∩ entitled; without a request all that the subscription grants.
 * @throws Refused `scope_invalid` when one is malformed, or when nothing is left of those that were asked for
 */
export function grantedScopes(requested: string | undefined, entitled: readonly string[]): readonly string[] {
  if (requested === undefined) return entitled
  const wanted = parseScopes(requested)
  const granted = wanted.filter((scope) => entitled.includes(scope))
  if (granted.length === 0) throw new Refused('scope_invalid')
  return granted
}

/** @throws Refused `scope_invalid` */
export function parseScopes(text: string): readonly string[] {
  const scopes = [...new Set(text.split(' '))]
  if (scopes.length > scopesMax || !scopes.every((scope) => scopeToken.test(scope))) throw new Refused('scope_invalid')
  return scopes
}
