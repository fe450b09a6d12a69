import type { ApiKeyView, ClientView, SubscriptionView } from '@gatehouse/contracts/read_model/v1/views'
import type { AccessToken } from '@gatehouse/token-verifier'
import type { Matched } from '../match/match.ts'
import type { DenyReason } from '../reasons.ts'
import type { RevocationViews } from './facts.ts'

/** What a step answers when it finds nothing against the request. */
export const proceed = 'continue'

/** Whether who was given a credential may use it at all. */
export interface HolderFacts {
  /** Whom the credential was given to. */
  readonly holder: {
    readonly environmentId: string
    readonly clientId: string
    readonly subscriptionId: string | undefined
  }
  readonly client: ClientView | undefined
  readonly subscription: SubscriptionView | undefined
  /** Wall clock, milliseconds since 1970. */
  readonly nowMs: number
}

/** What of a token may have been revoked. */
export interface RevocableFacts extends HolderFacts {
  readonly token: AccessToken
  readonly revocations: RevocationViews | undefined
}

/** What every step after authentication looks at. */
export interface StepFacts extends HolderFacts {
  readonly match: Matched
  readonly clientIp: string
}

export interface ApiKeyFacts extends StepFacts {
  readonly apiKey: ApiKeyView
}

export interface TokenFacts extends StepFacts, RevocableFacts {}

export type Step<Facts extends HolderFacts = StepFacts> = (facts: Facts) => typeof proceed | DenyReason

/** The first denial of a table of steps. */
export function runSteps<Facts extends HolderFacts>(
  steps: readonly Step<Facts>[],
  facts: Facts,
): typeof proceed | DenyReason {
  for (const step of steps) {
    const verdict = step(facts)
    if (verdict !== proceed) return verdict
  }
  return proceed
}
