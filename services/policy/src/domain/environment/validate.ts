import type { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { hostName, parseIpAddress } from '@gatehouse/policy-engine'
import { checkDisplayName, checkEnforcement, checkEnvironmentId } from '../syntax.ts'
import { Violations } from '../violations.ts'
import { checkIssuer } from './validate-issuer.ts'

const hostsMax = 100
const hostSyntax = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/

/**
 * The environment as it is kept: host names in lower case, without version.
 * @throws GatehouseError INVALID_ARGUMENT naming every field that is wrong
 */
export function validEnvironment(given: Environment | undefined): Environment {
  const violations = new Violations()
  if (!given) violations.add('environment', 'is required')
  const environment = normalized(given)
  checkEnvironmentId(violations, 'environment.environment_id', environment.environmentId)
  checkDisplayName(violations, 'environment.display_name', environment.displayName)
  checkEnforcement(violations, 'environment.enforcement', environment.enforcement)
  violations.require(environment.hosts.length <= hostsMax, 'environment.hosts', `must be at most ${hostsMax}`)
  for (const [index, host] of environment.hosts.entries()) {
    violations.require(isHost(host), `environment.hosts[${index}]`, 'must be a host name without port, or *')
  }
  violations.requireUnique(environment.hosts, (index) => `environment.hosts[${index}]`)
  checkIssuer(violations, environment)
  violations.throwIfAny()
  return environment
}

function normalized(given: Environment | undefined): Environment {
  return {
    environmentId: given?.environmentId ?? '',
    displayName: given?.displayName ?? '',
    hosts: given?.hosts.map((host) => host.toLowerCase()) ?? [],
    enforcement: given?.enforcement,
    version: 0n,
    issuer: given?.issuer,
  }
}

/** As a `Host` header is looked up: nothing that would be cut from it there. */
function isHost(host: string): boolean {
  if (host === '*') return true
  if (host.startsWith('[') && host.endsWith(']')) return parseIpAddress(host.slice(1, -1))?.length === 16
  return hostSyntax.test(host) && hostName(host) === host
}
