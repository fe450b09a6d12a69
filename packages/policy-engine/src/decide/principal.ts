import { SecurityScheme } from '@gatehouse/contracts/policy/v1/api'
import type { ApiKeyView, SubscriptionView } from '@gatehouse/contracts/read_model/v1/views'
import type { AccessToken } from '@gatehouse/token-verifier'

/** Who calls, once the credential is proven: possession, not yet that it may be used. */
export interface Principal {
  readonly scheme: SecurityScheme
  /** As upstreams and records are told. */
  readonly authMethod: 'api_key' | 'access_token'
  /** Of a stored credential; a token has a `tokenId`. */
  readonly credentialId: string | undefined
  readonly clientId: string
  readonly subscriptionId: string | undefined
  /** What the subscription grants and the credential does not narrow. */
  readonly scopes: readonly string[]
  /** Whom the client acts for; undefined: for itself. */
  readonly userId: string | undefined
  readonly tokenId: string | undefined
  readonly grantId: string | undefined
}

export function apiKeyPrincipal(apiKey: ApiKeyView, subscription: SubscriptionView | undefined): Principal {
  return {
    scheme: SecurityScheme.SECURITY_SCHEME_API_KEY,
    authMethod: 'api_key',
    credentialId: apiKey.apiKeyId,
    clientId: apiKey.clientId,
    subscriptionId: apiKey.subscriptionId,
    scopes: narrow(subscription?.scopes ?? [], apiKey.restrictions?.scopes ?? []),
    userId: undefined,
    tokenId: undefined,
    grantId: undefined,
  }
}

/** A scope that the subscription lost meanwhile is lost to the token too. */
export function tokenPrincipal(token: AccessToken, subscription: SubscriptionView | undefined): Principal {
  return {
    scheme: SecurityScheme.SECURITY_SCHEME_OAUTH2,
    authMethod: 'access_token',
    credentialId: undefined,
    clientId: token.clientId,
    subscriptionId: token.subscriptionId,
    scopes: entitledScopes(token.scopes, subscription?.scopes ?? []),
    userId: token.userId,
    tokenId: token.tokenId,
    grantId: token.grantId,
  }
}

function narrow(granted: readonly string[], restriction: readonly string[]): readonly string[] {
  return restriction.length === 0 ? granted : granted.filter((scope) => restriction.includes(scope))
}

function entitledScopes(asked: readonly string[], granted: readonly string[]): readonly string[] {
  return asked.every((scope) => granted.includes(scope)) ? asked : asked.filter((scope) => granted.includes(scope))
}
