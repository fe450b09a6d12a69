import {
  type InteractResponse,
  type MessageKind as Kind,
  MessageKind,
  MessagePage,
  type NewSession,
} from '@gatehouse/contracts/token/v1/authorization_service'
import { type OAuthReason, oauthRefusalOf } from '@gatehouse/policy-engine'
import { type FactsOf, Refused } from '../refused.ts'
import { errorRedirect, RefusedToClient } from './return-address.ts'

/** What a browser is shown next. */
export type Next = NonNullable<InteractResponse['next']>

/** A step of a browser: what is shown next and, where it changed, the browser's session. Rejects with Refused. */
export interface Step {
  readonly next: Next
  readonly newSession?: NewSession | undefined
  /** Where the page that is shown next is about a failure: why, for the decision record. */
  readonly reason?: OAuthReason
}

/** Runs a step; a refusal goes to the client where one is proven, else onto a page of ours. */
export async function answer(facts: FactsOf, step: () => Promise<Step>): Promise<InteractResponse> {
  try {
    const { next, newSession, reason = 'ok' } = await step()
    return { next, newSession, facts: facts.as(reason) }
  } catch (error) {
    const { next, newSession, reason } = refusedStep(error)
    return { next, newSession, facts: facts.as(reason) }
  }
}

/** What is shown of a refusal; whatever else was thrown is thrown on. */
export function refusedStep(error: unknown): Step & { readonly reason: OAuthReason } {
  if (!(error instanceof Refused)) throw error
  return { next: refusedNext(error), newSession: undefined, reason: error.reason }
}

function refusedNext(error: Refused): Next {
  if (error instanceof RefusedToClient) {
    return { $case: 'clientRedirect', value: errorRedirect(error.address, error.reason) }
  }
  return { $case: 'message', value: errorPage(error.reason) }
}

function errorPage(reason: OAuthReason): MessagePage {
  const { error, description: errorDescription } = oauthRefusalOf(reason)
  return MessagePage.fromPartial({ kind: MessageKind.MESSAGE_KIND_ERROR, error, errorDescription })
}

/** A page that says how it ended. */
export function message(kind: Kind): Next {
  return { $case: 'message', value: MessagePage.fromPartial({ kind }) }
}
