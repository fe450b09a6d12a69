import { isDeepStrictEqual } from 'node:util'
import type { TokenEvent } from '@gatehouse/contracts/events'

/** What a user agreed to for a client; undefined: nothing, or it was withdrawn. */
export type ConsentFacts = Agreement | undefined

export interface Agreement {
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

/** Whether the user agreed to all of it already. */
export function covers(found: ConsentFacts, asked: Agreement): boolean {
  if (!found) return false
  const details = detailsOf(found)
  const known = (detail: unknown) => details.some((other) => isDeepStrictEqual(other, detail))
  return asked.scopes.every((scope) => found.scopes.includes(scope)) && detailsOf(asked).every(known)
}

/** What was agreed to before and now. */
export function union(found: ConsentFacts, given: Agreement): Agreement {
  const scopes = [...new Set([...(found?.scopes ?? []), ...given.scopes])]
  const before = found ? detailsOf(found) : []
  const added = detailsOf(given).filter((detail) => !before.some((other) => isDeepStrictEqual(other, detail)))
  const details = [...before, ...added]
  return { scopes, authorizationDetails: details.length > 0 ? JSON.stringify(details) : '' }
}

function detailsOf({ authorizationDetails }: Agreement): readonly unknown[] {
  return authorizationDetails === '' ? [] : (JSON.parse(authorizationDetails) as unknown[])
}
