import { Facts, type Refusal } from '@gatehouse/contracts/token/v1/token_service'
import type { FieldViolation } from '@gatehouse/errors'
import { type OAuthReason, oauthRefusalOf } from '@gatehouse/policy-engine'

export type RegistrationReason = Extract<OAuthReason, `registration_token_${string}` | `client_${string}_invalid`>

/** The protocol refuses: an answer to the client, not a fault. */
export class RegistrationRefused extends Error {
  override readonly name = 'RegistrationRefused'
  readonly reason: RegistrationReason
  /** What is wrong with the metadata; empty: as the reason is worded. */
  readonly detail: string

  constructor(reason: RegistrationReason, detail = '') {
    super(reason)
    this.reason = reason
    this.detail = detail
  }
}

/** RFC 7591 section 3.2.2: a redirect URI has an error of its own. */
export function metadataRefused(violations: readonly FieldViolation[]): RegistrationRefused {
  const redirect = violations.find(({ field }) => field.startsWith('redirect_uris'))
  const { field, description } = redirect ?? violations[0] ?? { field: 'client_metadata', description: 'is wrong' }
  const reason = redirect ? 'client_redirect_uri_invalid' : 'client_metadata_invalid'
  return new RegistrationRefused(reason, `${field} ${description}`)
}

export function factsOf(reason: 'ok' | RegistrationReason, known: { clientId?: string; credentialId?: string }): Facts {
  return { ...Facts.create(), reason, ...known }
}

/** The wire form. RFC 6749 section 5.2: the words are ASCII without quotes and backslashes. */
export function refusalOf({ reason, detail }: RegistrationRefused): Refusal {
  const { error, status, description } = oauthRefusalOf(reason)
  const errorDescription = (detail || description).replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, '?')
  return { error, status, errorDescription, challenge: challengeOf(reason) }
}

/** RFC 6750 section 3: without a token there is no error to name. */
function challengeOf(reason: RegistrationReason): string {
  if (reason === 'registration_token_missing') return 'Bearer'
  return reason === 'registration_token_invalid' ? 'Bearer error="invalid_token"' : ''
}
