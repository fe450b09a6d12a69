import type { Browser } from '@gatehouse/contracts/token/v1/authorization_service'
import type { Session, User } from '@gatehouse/contracts/token/v1/grant'
import type { Place } from '../issue/token-request.ts'
import { type FactsOf, Refused } from '../refused.ts'
import type { TokenParts } from '../token-parts.ts'
import type { Interaction, InteractionOf, Viewer } from './interaction.ts'

/** Who is signed in, in a live session. */
export interface SignedInUser {
  readonly session: Session
  readonly user: User
}

/** A browser that takes a step. */
export interface Visit {
  readonly place: Place
  readonly browser: Browser
  readonly facts: FactsOf
  /** Undefined: nobody is signed in. */
  readonly session: SignedInUser | undefined
}

/** Seals what a page stands for, for this browser. */
export function seal(parts: TokenParts, visit: Visit, interaction: Interaction): string {
  return parts.authorize.interactions.seal(interaction, viewerOf(visit), visit.place.nowMs)
}

/** What the page stands for that the browser sends back. @throws Refused `interaction_invalid` */
export function unseal<Kind extends Interaction['kind']>(
  parts: TokenParts,
  visit: Visit,
  kind: Kind,
  text: string,
): InteractionOf<Kind> {
  const interaction = parts.authorize.interactions.open(kind, text, viewerOf(visit), visit.place.nowMs)
  if (!interaction) throw new Refused('interaction_invalid')
  return interaction
}

export function viewerOf({ place, browser }: Visit): Viewer {
  return { environmentId: place.environment.environmentId, binding: browser.binding }
}
