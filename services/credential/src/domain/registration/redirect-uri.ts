const charsMax = 2048
/** RFC 3986 characters without `*`: what looks like a wildcard would be taken for one. */
const written = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()+,;=%]+$/
/** RFC 8252 section 7.1: a private-use scheme is a domain name in reverse, so no `javascript:` and no `data:`. */
const privateUse = /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/

/**
 * Why a URI cannot be one to which users are sent; undefined when it can. It must stand in its normal form, because it
 * is compared byte for byte and what a browser makes of another form would be another place.
 */
export function redirectUriFault(uri: string): string | undefined {
  const { url, fault } = parsed(uri)
  if (!url) return fault
  if (privateUse.test(url.protocol)) return undefined
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return undefined
  return 'must be https, http on a loopback host, or of a private-use scheme like com.example.app (RFC 8252)'
}

/** Why a URI cannot be one that is called or linked: as for redirects, but of the web. */
export function webUriFault(uri: string): string | undefined {
  const { url, fault } = parsed(uri)
  if (!url) return fault
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))) return undefined
  return 'must be https, or http on a loopback host'
}

function parsed(uri: string): { readonly url?: URL; readonly fault: string } {
  if (uri.length > charsMax) return { fault: `must have at most ${charsMax} characters` }
  if (uri.includes('*')) return { fault: 'must hold no wildcard' }
  if (!written.test(uri) || !URL.canParse(uri)) return { fault: 'must be an absolute URI (RFC 3986)' }
  const url = new URL(uri)
  if (uri.includes('#')) return { fault: 'must have no fragment' }
  if (url.username || url.password || uri.includes('@')) return { fault: 'must have no user name or password' }
  const normal = url.href === uri || url.href === `${uri}/`
  return normal ? { url, fault: '' } : { fault: `must be in its normal form: ${url.href}` }
}

function isLoopback(host: string): boolean {
  return host === '127.0.0.1' || host === '[::1]' || host === 'localhost'
}
