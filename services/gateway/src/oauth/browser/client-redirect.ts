import type { Parameter } from '@gatehouse/contracts/token/v1/token_service'

/**
 * A client's redirect URI with the answer in its query (RFC 6749 section 4.1.2). Spaces as `%20`, which every reader
 * takes for one; a registered URI has no fragment.
 */
export function withQuery(redirectUri: string, parameters: readonly Parameter[]): string {
  if (parameters.length === 0) return redirectUri
  const query = parameters
    .map(({ name, value }) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&')
  const question = redirectUri.indexOf('?')
  if (question < 0) return `${redirectUri}?${query}`
  return redirectUri.endsWith('?') || redirectUri.endsWith('&') ? redirectUri + query : `${redirectUri}&${query}`
}
