import { type CredentialViews, noViews } from '@gatehouse/policy-engine'
import type { Lookup, ViewCache } from '@gatehouse/read-model'

/** An event of what was looked up could not be applied: nobody knows what it would say, so nothing is decided on it. */
export class FactParked extends Error {
  override readonly name = 'FactParked'
}

/** The views that a key leads to, by its id or, for one that was brought in by its hash, by its digest. */
export async function loadViews(
  cache: ViewCache,
  key: { readonly id: string } | { readonly digest: Uint8Array },
): Promise<CredentialViews> {
  const id = 'id' in key ? key.id : viewOf(await cache.apiKeyByDigest(key.digest))?.apiKeyId
  const apiKey = id === undefined ? undefined : viewOf(await cache.apiKey(id))
  if (!apiKey) return noViews
  const [client, subscription] = [await cache.client(apiKey.clientId), await cache.subscription(apiKey.subscriptionId)]
  return { apiKey, client: viewOf(client), subscription: viewOf(subscription) }
}

function viewOf<View>(found: Lookup<View>): View | undefined {
  if (found.state === 'parked') throw new FactParked(found.reason)
  return found.state === 'found' ? found.view : undefined
}
