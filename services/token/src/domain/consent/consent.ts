import type { TokenEvent } from '@gatehouse/contracts/events'

/** What a user agreed to for a client; undefined: nothing, or it was withdrawn. */
export type ConsentFacts = Agreement | undefined

export interface Agreement {
  /** As `qualifiedScope` writes them. */
  readonly scopes: readonly string[]
  /** RFC 9396, a JSON array; empty: none. */
  readonly authorizationDetails: string
}

export const initialState: ConsentFacts = undefined

export function evolve(found: ConsentFacts, { type, data }: TokenEvent): ConsentFacts {
  if (type === 'gatehouse.token.v1.ConsentGiven') {
    return { scopes: data.scopes, authorizationDetails: data.authorizationDetails }
  }
  return type === 'gatehouse.token.v1.ConsentWithdrawn' ? undefined : found
}

/** Whether the user need not be asked. RFC 9396 objects are about one thing, a payment say: they are asked every time. */
export function covers(found: ConsentFacts, { scopes, authorizationDetails }: Agreement): boolean {
  return found !== undefined && authorizationDetails === '' && scopes.every((scope) => found.scopes.includes(scope))
}

/**
 * `<api>/<scope>`: agreeing to `read` at one API says nothing of another. Scopes of no API (`openid`) stay as they are;
 * none of them has a slash, and neither has an API's id.
 */
export function qualifiedScope(apiId: string, scope: string): string {
  return apiId === '' ? scope : `${apiId}/${scope}`
}

/** Reads what qualifiedScope writes. */
export function unqualifiedScope(qualified: string): { readonly apiId: string; readonly scope: string } {
  const slash = qualified.indexOf('/')
  return { apiId: qualified.slice(0, Math.max(slash, 0)), scope: qualified.slice(slash + 1) }
}
