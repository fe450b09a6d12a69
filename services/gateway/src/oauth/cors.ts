import type { OAuthAnswer } from './answer.ts'

/**
 * Scripts of any origin may read what these endpoints answer: what they need for it they carry in the request, and no
 * cookie is looked at (Fetch section 3.2; the wildcard forbids credentials by itself).
 */
export const withCors = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'DPoP-Nonce, WWW-Authenticate, X-Request-Id, X-Gatehouse-Position, Retry-After',
}

/** The answer to a preflight: needs no credential and grants nothing. */
export function preflight(methods: readonly string[]): OAuthAnswer {
  const headers = {
    'Access-Control-Allow-Methods': methods.join(', '),
    'Access-Control-Allow-Headers': 'Authorization, Content-Type, DPoP, X-Gatehouse-Position',
    'Access-Control-Max-Age': '86400',
  }
  return { response: { status: 204, headers }, facts: { reason: 'ok' } }
}
