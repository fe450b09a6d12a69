import type { User, UserClaims } from '@gatehouse/contracts/token/v1/grant'
import type { Parameter } from '@gatehouse/contracts/token/v1/token_service'
import * as oidc from 'openid-client'
import type { Place } from '../../issue/token-request.ts'
import { Refused } from '../../refused.ts'
import type { TokenParts } from '../../token-parts.ts'
import type { SignInParts } from '../sign-in-parts.ts'
import { accountOf } from './account.ts'
import type { FederationState } from './federation-states.ts'
import { callbackUrl, openProvider, providerOf } from './start-federation.ts'

/** A user whom a provider signed in. */
export interface FederatedUser {
  readonly user: User
  readonly providerId: string
}

/** What a browser brings back from a provider, before anything of it is believed. */
export interface FederationAnswer {
  readonly pending: FederationState
  readonly parameters: readonly Parameter[]
}

/**
 * Leads from `state` to what was asked, once. The caller opens `pending.interaction` for the browser that came: another
 * browser than the one that was sent cannot (login CSRF).
 * @throws Refused `federation_state_unknown`
 */
export async function takeFederation(
  { signIn }: Pick<TokenParts, 'signIn'>,
  place: Place,
  parameters: readonly Parameter[],
): Promise<FederationAnswer> {
  const [state, ...others] = parameters.filter(({ name }) => name === 'state')
  const pending =
    state && others.length === 0 ? await signIn.federationStates.take(state.value, new Date(place.nowMs)) : undefined
  if (pending?.environmentId !== place.environment.environmentId) throw new Refused('federation_state_unknown')
  return { pending, parameters }
}

/**
 * Redeems the code at the provider, and finds the user of the account in its ID token.
 * @throws Refused `identity_provider_unavailable`, `identity_provider_denied`, `identity_provider_answer_invalid`,
 *   `account_not_linked`, `user_suspended`
 */
export async function finishFederation(
  parts: Pick<TokenParts, 'signIn' | 'store'>,
  place: Place,
  { pending, parameters }: FederationAnswer,
): Promise<FederatedUser> {
  const provider = providerOf(place, pending.providerId)
  const configuration = await openProvider(parts.signIn, provider)
  const refuse = refusing(parts.signIn, provider.providerId)
  const answer = callbackUrl(place)
  for (const { name, value } of parameters) answer.searchParams.append(name, value)
  const tokens = await oidc
    .authorizationCodeGrant(configuration, answer, {
      expectedState: parameters.find(({ name }) => name === 'state')?.value ?? '',
      expectedNonce: pending.nonce,
      pkceCodeVerifier: pending.codeVerifier,
      idTokenExpected: true,
    })
    .catch(refuse)
  const idToken = tokens.claims()
  if (!idToken) throw new Refused('identity_provider_answer_invalid')
  const claims = () => claimsOf(configuration, tokens.access_token, idToken).catch(refuse)
  const account = { provider, subject: idToken.sub, claims }
  return { user: await accountOf(parts, place, account), providerId: provider.providerId }
}

function refusing({ onProviderFault }: SignInParts, providerId: string) {
  return (error: unknown): never => {
    const reason = reasonOf(error)
    // That users go back is no fault.
    if (reason !== 'identity_provider_denied') onProviderFault(providerId, error)
    throw new Refused(reason, { cause: error })
  }
}

/** RFC 6749 section 4.1.2.1 and 5.2: what the provider itself refuses, apart from what is wrong with its answer. */

function reasonOf(error: unknown) {
  if (error instanceof oidc.AuthorizationResponseError) {
    const passing = error.error === 'temporarily_unavailable' || error.error === 'server_error'
    return passing ? 'identity_provider_unavailable' : 'identity_provider_denied'
  }
  if (error instanceof oidc.ResponseBodyError) return 'identity_provider_answer_invalid'
  if (error instanceof oidc.ClientError) {
    return unreachable.has(error.code ?? '') ? 'identity_provider_unavailable' : 'identity_provider_answer_invalid'
  }
  // What fetch throws when nobody answers.
  return error instanceof TypeError ? 'identity_provider_unavailable' : 'identity_provider_answer_invalid'
}

const unreachable: ReadonlySet<string> = new Set(['OAUTH_TIMEOUT', 'OAUTH_ABORT', 'OAUTH_RESPONSE_IS_NOT_CONFORM'])

/** OpenID Connect core section 5.4: with the code flow most of them stand at the userinfo endpoint alone. */
async function claimsOf(
  configuration: oidc.Configuration,
  accessToken: string,
  idToken: oidc.IDToken,
): Promise<UserClaims> {
  if (!configuration.serverMetadata().userinfo_endpoint) return userClaims(idToken)
  const info = await oidc.fetchUserInfo(configuration, accessToken, idToken.sub)
  return userClaims({ ...idToken, ...info })
}

const claimCharsMax = 200

function userClaims(claims: Readonly<Record<string, unknown>>): UserClaims {
  const text = (name: string) => {
    const value = claims[name]
    return typeof value === 'string' && value.length <= claimCharsMax ? value : ''
  }
  return {
    ...{ name: text('name'), givenName: text('given_name'), familyName: text('family_name'), email: text('email') },
    ...{ emailVerified: text('email') !== '' && claims['email_verified'] === true, locale: text('locale') },
  }
}
