import { SecurityScheme } from '@gatehouse/contracts/policy/v1/api'
import type { Challenge, Match, Matched } from '@gatehouse/policy-engine'
import { signatureAlgorithms } from '@gatehouse/token-verifier'

const realm = 'realm="gatehouse"'
const algorithms = `algs="${signatureAlgorithms.join(' ')}"`

/**
 * The challenges of an answer (RFC 9110 section 11.6.1): one for each kind of credential that the operation takes, all
 * with the same error, so that none tells which of them was looked at. Where no operation was found: of API keys.
 */
export function challenges(kind: Challenge, match: Match): readonly string[] {
  if (kind === 'none') return []
  const matched = match.kind === 'matched' ? match : undefined
  if (!matched || !takesTokens(matched)) return [apiKeyChallenge(kind)]
  const tokens = [bearerChallenge(kind, matched), dpopChallenge(kind)]
  return takesApiKeys(matched) ? [...tokens, apiKeyChallenge(kind)] : tokens
}

function takesTokens({ operation, api, environment }: Matched): boolean {
  return operation.takesTokens && api.tokens !== undefined && environment.issuer !== undefined
}

function takesApiKeys({ operation }: Matched): boolean {
  const { SECURITY_SCHEME_API_KEY } = SecurityScheme
  return operation.security.some(({ requirements }) =>
    requirements.some(({ scheme }) => scheme === SECURITY_SCHEME_API_KEY),
  )
}

function apiKeyChallenge(kind: Challenge): string {
  return `ApiKey ${[realm, ...error(errorOf(kind))].join(', ')}`
}

/** RFC 6750 section 3 and, for where tokens come from, RFC 9728 section 5.1. */
function bearerChallenge(kind: Challenge, { environment, api, operation }: Matched): string {
  const told = [realm, ...error(errorOf(kind))]
  const asksForScopes = kind === 'credential_missing' || kind === 'insufficient_scope'
  if (asksForScopes && operation.tokenScopes.length) told.push(`scope="${operation.tokenScopes.join(' ')}"`)
  const origin = URL.parse(environment.issuer?.url ?? '')?.origin ?? ''
  told.push(`resource_metadata="${origin}/.well-known/oauth-protected-resource/${api.apiId}"`)
  return `Bearer ${told.join(', ')}`
}

/** RFC 9449 section 7.1, and section 9 for the nonce. */
function dpopChallenge(kind: Challenge): string {
  return `DPoP ${[realm, ...error(dpopErrorOf(kind)), algorithms].join(', ')}`
}

function error(code: string | undefined): readonly string[] {
  return code === undefined ? [] : [`error="${code}"`]
}

/** A proof that fails says nothing of the token. */
function errorOf(kind: Challenge): string | undefined {
  switch (kind) {
    case 'credential_invalid':
      return 'invalid_token'
    case 'insufficient_scope':
      return 'insufficient_scope'
    default:
      return undefined
  }
}

function dpopErrorOf(kind: Challenge): string | undefined {
  switch (kind) {
    case 'proof_invalid':
      return 'invalid_dpop_proof'
    case 'proof_nonce_required':
      return 'use_dpop_nonce'
    default:
      return errorOf(kind)
  }
}
