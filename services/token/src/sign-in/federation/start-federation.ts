import type { IdentityProvider } from '@gatehouse/contracts/policy/v1/token_settings'
import * as oidc from 'openid-client'
import type { Place } from '../../issue/token-request.ts'
import { Refused } from '../../refused.ts'
import type { TokenParts } from '../../token-parts.ts'
import type { SignInParts } from '../sign-in-parts.ts'
import { sourceOf } from '../throttle.ts'
import { ProviderUnavailable } from './providers.ts'

/** One address for all APIs: it is registered at the provider. */
const callbackPath = '/oauth2/v2/federation/callback'

export function callbackUrl({ issuer }: Place): URL {
  return new URL(issuer.url + callbackPath)
}

/** @throws Refused `identity_provider_unknown` */
export function providerOf({ issuer }: Place, providerId: string): IdentityProvider {
  const provider = issuer.identityProviders.find((one) => one.providerId === providerId)
  if (!provider) throw new Refused('identity_provider_unknown')
  return provider
}

/** Where a user wants to sign in. */
export interface FederationWish {
  readonly providerId: string
  readonly loginHint?: string
  /** A sign-in there from before is not enough. */
  readonly anew?: boolean
}

// Each start keeps a row for ten minutes.
const ofSource = { free: 100, pauseMaxSeconds: 60 }

/**
 * Where the browser goes to sign in at a provider: authorization code, PKCE, nonce, and a state that leads back to the
 * interaction, which only the browser can open that it was shown to.
 * @throws Refused `identity_provider_unknown`, `identity_provider_unavailable`, `sign_in_throttled`
 */
export async function startFederation(
  { signIn }: Pick<TokenParts, 'signIn'>,
  place: Place,
  interaction: string,
  { providerId, loginHint = '', anew = false }: FederationWish,
): Promise<string> {
  const provider = providerOf(place, providerId)
  const { environmentId } = place.environment
  const now = new Date(place.nowMs)
  const source = [environmentId, sourceOf(place.endpoint.clientIp)]
  const wait = await signIn.throttle.take([{ kind: 'federation', of: source, allowance: ofSource }], now)
  if (wait > 0) throw new Refused('sign_in_throttled')
  const configuration = await openProvider(signIn, provider)
  const state = oidc.randomState()
  const nonce = oidc.randomNonce()
  const codeVerifier = oidc.randomPKCECodeVerifier()
  const target = oidc.buildAuthorizationUrl(configuration, {
    redirect_uri: callbackUrl(place).href,
    scope: scopesOf(provider),
    state,
    nonce,
    ...(loginHint && { login_hint: loginHint }),
    ...(anew && { prompt: 'login' }),
    code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
  })
  // What a provider's metadata say is sent to the user's browser.
  const isWeb = target.protocol === 'https:' || target.protocol === new URL(provider.issuer).protocol
  if (!isWeb) throw new Refused('identity_provider_unavailable')
  await signIn.federationStates.keep(state, { environmentId, providerId, interaction, nonce, codeVerifier }, now)
  return target.href
}

function scopesOf({ scopes }: IdentityProvider): string {
  return [...new Set(['openid', ...scopes])].join(' ')
}

/** A user is told that the provider is away, with words that do not depend on why; the log says why. */
export async function openProvider(
  { providers, onProviderFault }: SignInParts,
  provider: IdentityProvider,
): Promise<oidc.Configuration> {
  return providers.open(provider).catch((error: unknown) => {
    if (!(error instanceof ProviderUnavailable)) throw error
    onProviderFault(provider.providerId, error)
    throw new Refused('identity_provider_unavailable', { cause: error })
  })
}
