import type { CredentialLookup, ReadApiKey } from '@gatehouse/decision-state'
import type { PresentedCredential } from '@gatehouse/policy-engine'

/** The one credential of a request: what is decided on, and by what its views are found. */
export interface Presented {
  readonly credential: PresentedCredential
  readonly lookup: CredentialLookup | undefined
  /** What the upstream is shown in `Authorization` in the place of what the client sent. */
  readonly authorization: string | undefined
  /** To be remembered once it is let in. */
  readonly apiKey?: ReadApiKey
}

export const noCredential: Presented = present({ kind: 'none' })
export const malformed: Presented = present({ kind: 'malformed' })
export const ambiguous: Presented = present({ kind: 'ambiguous' })

function present(credential: PresentedCredential): Presented {
  return { credential, lookup: undefined, authorization: undefined }
}
