import {
  type IdentityProvider,
  type Issuer,
  SigningAlgorithm,
  TokenForm,
  type TokenSettings,
} from '@gatehouse/contracts/policy/v1/token_settings'
import { durationMs } from './duration.ts'

/** An environment as an authorization server. Durations in milliseconds. */
export interface CompiledIssuer {
  /** `iss`, without a slash at the end. */
  readonly url: string
  /** Path of the URL; empty when it is an origin. */
  readonly path: string
  readonly refreshLifetimeMs: number
  readonly refreshIdleMs: number
  readonly sessionLifetimeMs: number
  readonly keyRotationMs: number
  readonly identityProviders: readonly IdentityProvider[]
  readonly localUsers: boolean
}

/** How access tokens for an API are made. */
export interface CompiledTokens {
  /** `aud`; empty: `<issuer>/<api_id>`, which only the environment can tell. Ask `audienceOf`. */
  readonly resource: string
  readonly form: TokenFormName
  readonly lifetimeSeconds: number
  readonly algorithm: SigningAlgorithmName
  /** Name → words. */
  readonly scopes: ReadonlyMap<string, string>
  readonly authorizationDetailTypes: readonly string[]
  readonly senderConstrained: boolean
}

export type TokenFormName = 'jwt' | 'phantom' | 'split'
export type SigningAlgorithmName = 'ES256' | 'RS256'

/** The longest life of an access token. */
export const tokenLifetimeSecondsMax = 86_400

const dayMs = 86_400_000

export function compileIssuer(issuer: Issuer | undefined): CompiledIssuer | undefined {
  if (!issuer) return undefined
  return {
    url: issuer.url,
    path: (URL.parse(issuer.url)?.pathname ?? '').replace(/\/$/, ''),
    refreshLifetimeMs: durationMs(issuer.refreshLifetime) ?? 30 * dayMs,
    refreshIdleMs: durationMs(issuer.refreshIdle) ?? 14 * dayMs,
    sessionLifetimeMs: durationMs(issuer.sessionLifetime) ?? dayMs / 2,
    keyRotationMs: durationMs(issuer.keyRotation) ?? 90 * dayMs,
    identityProviders: issuer.identityProviders,
    localUsers: issuer.localUsers,
  }
}

export function compileTokens(settings: TokenSettings | undefined): CompiledTokens | undefined {
  const form = settings && formNames.get(settings.form)
  const algorithm = settings && algorithmNames.get(settings.algorithm)
  // A form or algorithm of a later version: no token can be made or read.
  if (!settings || !form || !algorithm) return undefined
  const lifetimeMs = durationMs(settings.lifetime) ?? 3_600_000
  return {
    resource: settings.resource,
    form,
    lifetimeSeconds: Math.min(Math.max(1, Math.floor(lifetimeMs / 1000)), tokenLifetimeSecondsMax),
    algorithm,
    scopes: new Map(settings.scopes.map(({ name, description }) => [name, description])),
    authorizationDetailTypes: settings.authorizationDetailTypes,
    senderConstrained: settings.senderConstrained,
  }
}

/** The audience of an API's tokens in an environment. */
export function audienceOf(issuer: CompiledIssuer, api: { readonly apiId: string }, tokens: CompiledTokens): string {
  return tokens.resource || `${issuer.url}/${api.apiId}`
}

const formNames: ReadonlyMap<TokenForm, TokenFormName> = new Map<TokenForm, TokenFormName>([
  [TokenForm.TOKEN_FORM_UNSPECIFIED, 'jwt'],
  [TokenForm.TOKEN_FORM_JWT, 'jwt'],
  [TokenForm.TOKEN_FORM_PHANTOM, 'phantom'],
  [TokenForm.TOKEN_FORM_SPLIT, 'split'],
])

const algorithmNames: ReadonlyMap<SigningAlgorithm, SigningAlgorithmName> = new Map<
  SigningAlgorithm,
  SigningAlgorithmName
>([
  [SigningAlgorithm.SIGNING_ALGORITHM_UNSPECIFIED, 'ES256'],
  [SigningAlgorithm.SIGNING_ALGORITHM_ES256, 'ES256'],
  [SigningAlgorithm.SIGNING_ALGORITHM_RS256, 'RS256'],
])
