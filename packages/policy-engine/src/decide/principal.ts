import { SecurityScheme } from '@gatehouse/contracts/policy/v1/api'
import type { ApiKeyView, SubscriptionView } from '@gatehouse/contracts/read_model/v1/views'

/** Who calls, once the credential is proven: possession, not yet that it may be used. */
export interface Principal {
  readonly scheme: SecurityScheme
  readonly credentialId: string
  readonly clientId: string
  readonly subscriptionId: string
  /** What the subscription grants and the credential does not narrow. */
  readonly scopes: readonly string[]
}

export function apiKeyPrincipal(apiKey: ApiKeyView, subscription: SubscriptionView | undefined): Principal {
  return {
    scheme: SecurityScheme.SECURITY_SCHEME_API_KEY,
    credentialId: apiKey.apiKeyId,
    clientId: apiKey.clientId,
    subscriptionId: apiKey.subscriptionId,
    scopes: narrow(subscription?.scopes ?? [], apiKey.restrictions?.scopes ?? []),
  }
}

function narrow(granted: readonly string[], restriction: readonly string[]): readonly string[] {
  return restriction.length === 0 ? granted : granted.filter((scope) => restriction.includes(scope))
}
