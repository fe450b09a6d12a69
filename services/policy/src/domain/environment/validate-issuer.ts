import type { Environment } from '@gatehouse/contracts/policy/v1/environment'
import type { IdentityProvider, Issuer } from '@gatehouse/contracts/policy/v1/token_settings'
import { durationMicros } from '@gatehouse/policy-engine'
import { checkDisplayName, isScopeToken } from '../syntax.ts'
import type { Violations } from '../violations.ts'
import { webUrlFault } from '../web-url.ts'

const providersMax = 10
const scopesMax = 50
const hourMicros = 3600e6
const dayMicros = 24 * hourMicros
const field = 'environment.issuer'

/** What makes an environment an authorization server. */
export function checkIssuer(violations: Violations, { issuer, hosts }: Environment): void {
  if (!issuer) return
  const fault = issuerUrlFault(issuer.url, hosts)
  if (fault) violations.add(`${field}.url`, fault)
  const bounds = [
    ['refresh_lifetime', issuer.refreshLifetime, 1e6, 3660 * dayMicros, 'must be 1 s to 3660 d'],
    ['refresh_idle', issuer.refreshIdle, 1e6, 3660 * dayMicros, 'must be 1 s to 3660 d'],
    ['session_lifetime', issuer.sessionLifetime, 1e6, 90 * dayMicros, 'must be 1 s to 90 d'],
    ['key_rotation', issuer.keyRotation, hourMicros, 730 * dayMicros, 'must be 1 h to 730 d'],
  ] as const
  for (const [name, duration, min, max, description] of bounds) {
    const micros = durationMicros(duration)
    const sound = !duration || (micros !== undefined && micros >= min && micros <= max)
    violations.require(sound, `${field}.${name}`, description)
  }
  checkProviders(violations, issuer)
}

/** RFC 8414 section 2. Metadata and endpoints stand below it. */
function issuerUrlFault(text: string, hosts: readonly string[]): string | undefined {
  const fault = webUrlFault(text)
  if (fault) return fault
  const { origin, hostname } = new URL(text)
  const path = text.slice(origin.length)
  if (!/^(\/[A-Za-z0-9._~-]+)*$/.test(path)) return 'must have a plain path or none, without a slash at the end'
  const served = hosts.includes('*') || hosts.includes(hostname)
  return served ? undefined : `must be on a host that the environment serves: ${hostname} is none of its hosts`
}

function checkProviders(violations: Violations, { identityProviders }: Issuer): void {
  const place = (index: number) => `${field}.identity_providers[${index}]`
  violations.require(
    identityProviders.length <= providersMax,
    `${field}.identity_providers`,
    `must be at most ${providersMax}`,
  )
  for (const [index, provider] of identityProviders.entries()) checkProvider(violations, place(index), provider)
  violations.requireUnique(
    identityProviders.map(({ providerId }) => providerId),
    (index) => `${place(index)}.provider_id`,
  )
}

function checkProvider(violations: Violations, place: string, provider: IdentityProvider): void {
  const { providerId, displayName, issuer, clientId, clientSecretRef, scopes } = provider
  violations.require(/^[a-z][a-z0-9-]{0,31}$/.test(providerId), `${place}.provider_id`, 'must be [a-z][a-z0-9-]{0,31}')
  checkDisplayName(violations, `${place}.display_name`, displayName)
  const fault = webUrlFault(issuer)
  if (fault) violations.add(`${place}.issuer`, fault)
  violations.require(/^[ -~]{1,256}$/.test(clientId), `${place}.client_id`, 'must be 1 to 256 ASCII characters')
  // The name of a file in a folder of secrets: it must not lead out of it.
  const name = /^([A-Za-z0-9_][A-Za-z0-9._-]{0,127})?$/
  violations.require(
    name.test(clientSecretRef),
    `${place}.client_secret_ref`,
    'must be [A-Za-z0-9_][A-Za-z0-9._-]{0,127}',
  )
  violations.require(scopes.length <= scopesMax, `${place}.scopes`, `must be at most ${scopesMax}`)
  for (const [index, scope] of scopes.entries())
    violations.require(isScopeToken(scope), `${place}.scopes[${index}]`, 'must be an RFC 6749 scope token')
  violations.requireUnique(scopes, (index) => `${place}.scopes[${index}]`)
  violations.require(
    scopes.length === 0 || scopes.includes('openid'),
    `${place}.scopes`,
    'must have openid, or be empty',
  )
}
