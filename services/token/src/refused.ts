import type { Facts, Refusal } from '@gatehouse/contracts/token/v1/token_service'
import { type OAuthReason, oauthRefusalOf } from '@gatehouse/policy-engine'

/** What is known of a request beside its reason, for the decision record. */
export type KnownFacts = Partial<Omit<Facts, 'reason' | '_unknownFields'>>

/** A protocol refuses: an answer to the client, not a fault. What the client is told follows from the reason alone. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly reason: OAuthReason

  /** @param options `cause`: what is not told to the client, for the log */
  constructor(reason: OAuthReason, options?: ErrorOptions) {
    super(reason, options)
    this.reason = reason
  }
}

export const noFacts: Facts = {
  ...{ reason: '', clientId: '', userId: '', credentialId: '', subscriptionId: '', apiId: '' },
  ...{ scopes: [], grantType: '', grantId: '', tokenId: '' },
}

/** The facts of a request, gathered while it is worked on, so that a refusal has those that were known by then. */
export class FactsOf {
  #known: KnownFacts = {}

  add(known: KnownFacts): void {
    this.#known = { ...this.#known, ...known }
  }

  as(reason: 'ok' | OAuthReason): Facts {
    return { ...noFacts, ...this.#known, reason }
  }
}

/** The wire form of a reason. @param challenge told with 401 alone (RFC 6749 section 5.2) */
export function refusalOf(reason: OAuthReason, challenge = ''): Refusal {
  const { error, description, status } = oauthRefusalOf(reason)
  return { error, errorDescription: description, status, challenge: status === 401 ? challenge : '' }
}
