import { loadViews } from '@gatehouse/decision-state'
import { type CredentialViews, type DenyReason, decideUserInfo, wireOf } from '@gatehouse/policy-engine'
import type { ViewCache } from '@gatehouse/read-model'
import { type AccessToken, signatureAlgorithms } from '@gatehouse/token-verifier'
import { type AccessTokenParts, presentAccessToken, readBearer } from '../../check/authenticate/access-token.ts'
import { repeated } from '../../http1/exchange.ts'
import { json, type OAuthAnswer, refused, refuse as refuseInForm } from '../answer.ts'
import type { OAuthEndpoint } from '../endpoint.ts'
import { endpointOf, type OAuthRequest } from '../request.ts'
import type { TokenCalls } from '../token-calls.ts'

export interface UserInfoParts {
  readonly calls: Pick<TokenCalls, 'getUserInfo'>
  readonly tokens: AccessTokenParts
  readonly views: ViewCache
}

/** What a token must be to be asked about: nothing but its own text says whose it is. */
interface Shown {
  readonly token: AccessToken
  readonly views: CredentialViews
}

/** OpenID Connect core section 5.3: a resource of the issuer's own, opened by access tokens as those of APIs are. */
export function userInfoEndpoint(parts: UserInfoParts): OAuthEndpoint {
  return {
    ...{ name: 'userinfo', methods: ['GET', 'POST'], crossOrigin: true },
    async answer(request) {
      const shown = await shownToken(parts, request)
      if (typeof shown === 'string') return refuse(parts, request, shown)
      const { token } = shown
      const reason = decideUserInfo(decidedOn(request, token), shown.views, request.inquiry.nowMs)
      const answer = reason === 'ok' ? await ask(parts, request, token) : await refuse(parts, request, reason)
      const { clientId, userId = '', grantId = '', tokenId } = token
      return { ...answer, facts: { ...answer.facts, clientId, userId, grantId, tokenId } }
    },
  }
}

async function shownToken({ tokens, views }: UserInfoParts, request: OAuthRequest): Promise<Shown | DenyReason> {
  const { inquiry, environment, issuer } = request
  const authorization = authorizationOf(request)
  if (authorization === repeated) return 'credential_ambiguous'
  const bearer = readBearer(inquiry.exchange, authorization, issuer, inquiry.nowMs)
  if (!bearer) return 'credential_missing'
  const { credential, lookup } = await presentAccessToken(tokens, { environment }, issuer, { form: 'jwt' }, bearer)
  if (credential.kind === 'refused_token') return credential.reason
  if (credential.kind !== 'access_token') return 'credential_missing'
  return { token: credential.token, views: await loadViews(views, lookup) }
}

function authorizationOf({ inquiry: { exchange } }: OAuthRequest): string | typeof repeated {
  return exchange.header('authorization') ?? ''
}

function decidedOn(request: OAuthRequest, token: AccessToken) {
  const authorization = authorizationOf(request)
  return { environment: request.environment, token, shownAsJwt: String(authorization).includes('.') }
}

async function ask({ calls }: UserInfoParts, request: OAuthRequest, token: AccessToken): Promise<OAuthAnswer> {
  const endpoint = endpointOf(request)
  if (!endpoint) return refuseInForm('request_malformed')
  const { userId = '', clientId, scopes } = token
  // The token itself is proven here, and opens nothing at the token service.
  const asked = { endpoint: { ...endpoint, authorization: '' }, userId, clientId, scopes: [...scopes] }
  const { result, facts } = await calls.getUserInfo(asked)
  if (result?.$case === 'refusal') {
    const { error } = result.value
    return refused(result.value, facts, { 'WWW-Authenticate': challenges(error) })
  }
  if (!result) throw new Error('the token service answered nothing')
  return json(result.value, facts ?? { reason: 'ok' })
}

async function refuse({ tokens }: UserInfoParts, request: OAuthRequest, reason: DenyReason): Promise<OAuthAnswer> {
  const { status, challenge } = wireOf(reason)
  if (status >= 500) return refuseInForm(reason)
  const error = errors[challenge] ?? 'invalid_token'
  const nonce = reason === 'proof_nonce_required' ? await tokens.proofs.nonce(request.inquiry.nowMs) : undefined
  const headers = {
    'WWW-Authenticate': challenges(challenge === 'credential_missing' ? undefined : error),
    ...(nonce !== undefined && { 'DPoP-Nonce': nonce }),
  }
  const answer = json({ error }, { reason }, headers)
  return { ...answer, response: { ...answer.response, status: error === 'insufficient_scope' ? 403 : 401 } }
}

const errors: Readonly<Record<string, string>> = {
  insufficient_scope: 'insufficient_scope',
  proof_invalid: 'invalid_dpop_proof',
  proof_nonce_required: 'use_dpop_nonce',
}

/** RFC 6750 section 3 and RFC 9449 section 7.1; who showed no token learns no error. */
function challenges(error: string | undefined): readonly string[] {
  const told = error === undefined ? '' : `, error="${error}"`
  const bearer = error?.includes('dpop') ? '' : told
  return [`Bearer realm="gatehouse"${bearer}`, `DPoP realm="gatehouse"${told}, algs="${signatureAlgorithms.join(' ')}"`]
}
