import type { CompiledEnvironment, CompiledIssuer } from '@gatehouse/policy-engine'

/** Where a path of an environment's authorization server leads. */
export interface OAuthRoute {
  readonly issuer: CompiledIssuer
  /** `token`, `authorize`, `federation/callback`, …; of metadata: `/jwks`, `/oauth-authorization-server`, … */
  readonly endpoint: string
  /** Of `/{api}/oauth2/v2/…`; else empty. */
  readonly apiId: string
  /** What stands after the endpoint, without its slash. */
  readonly below: string
}

const endpointsPath = '/oauth2/v2/'
const wellKnownPath = '/.well-known/'

/**
 * Whether a canonical path belongs to the authorization server, and where it leads. Comes before APIs are matched: none
 * of them can take a path away. An environment without issuer has no such path.
 */
export function oauthRoute(environment: CompiledEnvironment | undefined, path: string): OAuthRoute | undefined {
  const issuer = environment?.issuer
  if (!issuer) return undefined
  const at = path.indexOf(endpointsPath)
  if (at >= 0) return endpointRoute(environment, issuer, path.slice(0, at), path.slice(at + endpointsPath.length))
  const wellKnown = path.indexOf(wellKnownPath)
  if (wellKnown < 0) return undefined
  return wellKnownRoute(issuer, path.slice(0, wellKnown), path.slice(wellKnown + wellKnownPath.length))
}

/** Endpoints stand below the issuer, and for each API below that API. */
function endpointRoute(
  { apis }: CompiledEnvironment,
  issuer: CompiledIssuer,
  before: string,
  after: string,
): OAuthRoute | undefined {
  const own = before === '' || before === issuer.path
  const apiId = own ? '' : before.slice(1)
  if (!own && !apis.has(apiId)) return undefined
  const [, endpoint = after, below = ''] = /^(register|assets)\/(.+)$/.exec(after) ?? []
  return { issuer, apiId, endpoint, below }
}

/**
 * RFC 8414 section 3.1 puts the issuer's path after the well-known part, OpenID Connect Discovery section 4.1 before it;
 * RFC 9728 section 3.1 puts the resource's after.
 */
function wellKnownRoute(issuer: CompiledIssuer, before: string, after: string): OAuthRoute | undefined {
  const slash = after.indexOf('/')
  const endpoint = `/${slash < 0 ? after : after.slice(0, slash)}`
  const suffix = slash < 0 ? '' : after.slice(slash)
  const route = { issuer, endpoint, apiId: '', below: suffix.slice(1) }
  if (endpoint === '/oauth-protected-resource') return before === '' && suffix !== '' ? route : undefined
  const { path } = issuer
  const ours = (before === '' && suffix === path) || (before === path && suffix === '')
  return ours || (before === '' && suffix === '') ? route : undefined
}
