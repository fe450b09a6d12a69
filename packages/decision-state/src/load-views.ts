import { type CredentialViews, noViews } from '@gatehouse/policy-engine'
import type { Answer, Lookup, ViewCache } from '@gatehouse/read-model'

/** By what the view of a presented credential is found: a key of ours by its id, one brought in by its digest. */
export type CredentialLookup =
  | { readonly by: 'id'; readonly id: string }
  | { readonly by: 'digest'; readonly digest: Uint8Array }

/** An event of what was looked up could not be applied: nobody knows what it would say, so it must not be decided on. */
export class FactParked extends Error {
  override readonly name = 'FactParked'
}

/**
 * The views that a credential leads to: at once when this process holds them, else a promise that rejects with
 * ReadModelUnavailable. Throws, or rejects with, FactParked.
 */
export function loadViews(
  cache: ViewCache,
  lookup: CredentialLookup | undefined,
): CredentialViews | Promise<CredentialViews> {
  if (!lookup) return noViews
  if (lookup.by === 'id') return viewsOfKey(cache, lookup.id)
  return then(cache.apiKeyByDigest(lookup.digest), (found) => {
    const view = viewOf(found)
    return view ? viewsOfKey(cache, view.apiKeyId) : noViews
  })
}

function viewsOfKey(cache: ViewCache, id: string): CredentialViews | Promise<CredentialViews> {
  return then(cache.apiKey(id), (found) => {
    const apiKey = viewOf(found)
    if (!apiKey) return noViews
    const client = cache.client(apiKey.clientId)
    const subscription = cache.subscription(apiKey.subscriptionId)
    if (client instanceof Promise || subscription instanceof Promise)
      return Promise.all([client, subscription]).then(([c, s]) => ({
        apiKey,
        client: viewOf(c),
        subscription: viewOf(s),
      }))
    return { apiKey, client: viewOf(client), subscription: viewOf(subscription) }
  })
}

function then<View, Result>(
  answer: Answer<View>,
  next: (found: Lookup<View>) => Result | Promise<Result>,
): Result | Promise<Result> {
  return answer instanceof Promise ? answer.then(next) : next(answer)
}

function viewOf<View>(found: Lookup<View>): View | undefined {
  if (found.state === 'parked') throw new FactParked(found.reason)
  return found.state === 'found' ? found.view : undefined
}
