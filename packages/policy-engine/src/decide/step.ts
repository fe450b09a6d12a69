import type { ApiKeyView, ClientView, SubscriptionView } from '@gatehouse/contracts/read_model/v1/views'
import type { Matched } from '../match/match.ts'
import type { DenyReason } from '../reasons.ts'

/** What a step answers when it finds nothing against the request. */
export const proceed = 'continue'

/** All that the steps after authentication look at. */
export interface StepFacts {
  readonly match: Matched
  readonly apiKey: ApiKeyView
  readonly client: ClientView | undefined
  readonly subscription: SubscriptionView | undefined
  readonly clientIp: string
  /** Wall clock, milliseconds since 1970. */
  readonly nowMs: number
}

export type Step = (facts: StepFacts) => typeof proceed | DenyReason
