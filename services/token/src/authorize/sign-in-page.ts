import type { SignInPage } from '@gatehouse/contracts/token/v1/authorization_service'
import type { Place } from '../issue/token-request.ts'

/** Who signs in for what. */
export interface SigningInFor {
  /** Sealed; the page sends it back. */
  readonly interaction: string
  readonly clientName: string
  readonly username: string
  /** Empty for a device. */
  readonly redirectOrigin: string
}

/** The sign-in page of an environment, as it is shown first. */
export function signInPage({ issuer }: Place, signingIn: SigningInFor): SignInPage {
  const providers = issuer.identityProviders.map(({ providerId, displayName }) => ({ providerId, displayName }))
  return { ...signingIn, localUsers: issuer.localUsers, providers, failed: false, retryAfterSeconds: 0n }
}
