import type { Claim } from '@gatehouse/event-store'
import { usernameKey } from './username.ts'

/** No two users of an environment have one name. `owner`: the user's stream. */
export function usernameClaim(environmentId: string, username: string, owner: string): Claim {
  return { kind: 'username', value: JSON.stringify([environmentId, usernameKey(username)]), owner }
}

/** An account at a provider is that of one user: by its subject, never by an address that may change hands. */
export function linkClaim(environmentId: string, providerId: string, providerSubject: string, owner: string): Claim {
  return { kind: 'provider_link', value: JSON.stringify([environmentId, providerId, providerSubject]), owner }
}
