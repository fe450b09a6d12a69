/** What a page's form may lead to. */
export interface FormTargets {
  /** Whether the issuer is reached by https; a plain one may lead to plain places. */
  readonly secure: boolean
  /**
   * Set where an answer to the form may send the browser away: to a client or to an identity provider. Its origin or
   * scheme (`https://app.example`, `com.example.app:`), empty when not known.
   */
  readonly leavesTo?: string
}

/**
 * The policy of a page: nothing but our own style and images, no frame around it, no script unless `script`.
 *
 * `form-action`: Chromium (156, measured) also holds every redirect that follows a form to it, those of other servers
 * included, and leaves the user on the page without a word. Where the answer may lead away the next origin alone is
 * therefore too little: a client's callback goes on to the client's other hosts, a provider's address to its sign-in
 * hosts, which nobody here can know. So such a page allows https besides the known target, any other 'self' alone.
 */
export function contentSecurityPolicy(targets: FormTargets, script = false): string {
  return [
    "default-src 'none'",
    ...(script ? ["script-src 'self'"] : []),
    "style-src 'self'",
    "img-src 'self'",
    `form-action ${formSources(targets).join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ')
}

function formSources({ secure, leavesTo }: FormTargets): string[] {
  if (leavesTo === undefined) return ["'self'"]
  // `http:` covers https too.
  if (!secure) return ["'self'", 'http:', ...ownScheme(leavesTo)]
  return ["'self'", 'https:', ...loopback(leavesTo), ...ownScheme(leavesTo)]
}

/** RFC 8252 section 7.3. A policy cannot name an IPv6 address, so the scheme must do. */
function loopback(origin: string): string[] {
  if (/^http:\/\/\[::1\](?::\d{1,5})?$/.test(origin)) return ['http:']
  return /^http:\/\/(?:127\.0\.0\.1|localhost)(?::\d{1,5})?$/.test(origin) ? [origin] : []
}

/** RFC 8252 section 7.1: an app's own scheme is a reverse domain name, so it has a dot; `javascript:` has none. */
function ownScheme(origin: string): string[] {
  const scheme = /^([a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+):(?:\/\/.*)?$/i.exec(origin)?.[1]
  return scheme === undefined ? [] : [`${scheme.toLowerCase()}:`]
}
