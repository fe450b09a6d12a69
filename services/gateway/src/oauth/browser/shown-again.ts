import type { InteractResponse } from '@gatehouse/contracts/token/v1/authorization_service'

type Next = NonNullable<InteractResponse['next']>

/** Of the gateway's 8192 for a target; few requests are near it. */
const interactionCharsMax = 6000

/**
 * Where, below the prefix, GET shows the page that a POST led to: loading it anew then sends no password again, and
 * going back to it asks nothing. Undefined for what is about that POST alone: a failed try, a message; and for the rare
 * request that is too long for an address.
 */
export function shownAgainAt(next: Next): string | undefined {
  switch (next.$case) {
    case 'consents':
      return 'consents'
    case 'signIn':
      return next.value.failed || next.value.retryAfterSeconds > 0n ? undefined : continued(next.value.interaction)
    case 'consent':
      return continued(next.value.interaction)
    default:
      return undefined
  }
}

/** The interaction is sealed, good for 10 minutes and for this browser alone. */
function continued(interaction: string): string | undefined {
  return interaction.length > interactionCharsMax
    ? undefined
    : `continue?interaction=${encodeURIComponent(interaction)}`
}
