/** Where an authorization response goes. */
export interface RedirectUri {
  readonly uri: string
  /** What the token request has to repeat: empty where the request left it out. */
  readonly sent: string
}

/**
 * The redirect URI of a request, compared byte for byte (RFC 9700 section 4.1.3); it may be left out where exactly one is
 * registered. The one exception is the port of a loopback address (RFC 8252 section 7.3), which a native application
 * learns when it starts. Undefined: there is none to be trusted.
 */
export function redirectUriOf(registered: readonly string[], sent: string | undefined): RedirectUri | undefined {
  const [only, ...others] = registered
  if (sent === undefined) return only !== undefined && others.length === 0 ? { uri: only, sent: '' } : undefined
  if (registered.includes(sent)) return { uri: sent, sent }
  const portless = withoutLoopbackPort(sent)
  if (portless === undefined) return undefined
  const known = registered.some((uri) => withoutLoopbackPort(uri) === portless)
  return known ? { uri: sent, sent } : undefined
}

/** The literal addresses alone: `localhost` is a name, which may lead elsewhere (RFC 8252 section 8.3). */
const loopback = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]))(?::([0-9]{1,5}))?((?:\/[!-~]*)?)$/
const portMax = 65_535

function withoutLoopbackPort(uri: string): string | undefined {
  const [, origin, port = '80', path] = loopback.exec(uri) ?? []
  if (origin === undefined || path === undefined) return undefined
  const number = Number(port)
  return number > 0 && number <= portMax && String(number) === port ? origin + path : undefined
}
