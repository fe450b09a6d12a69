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
  readonly #known: Facts = { ...noFacts }

  add(known: KnownFacts): void {
    Object.assign(this.#known, known)
  }

  as(reason: 'ok' | OAuthReason): Facts {
    return { ...this.#known, reason }
  }
}

/**
 * The wire form of a reason.
 * @param realm where clients authenticate: 401 always names a way to (RFC 9110 section 15.5.2), however they tried
 */
export function refusalOf(reason: OAuthReason, realm = ''): Refusal {
  const { error, description, status } = oauthRefusalOf(reason)
  const challenge = status === 401 && realm !== '' ? `Basic realm="${realm}"` : ''
  return { error, errorDescription: description, status, challenge }
}
