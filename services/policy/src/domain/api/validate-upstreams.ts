import { canonicalPath } from '@gatehouse/policy-engine'
import type { Violations } from '../violations.ts'

const upstreamsMax = 32
const upstreamCharsMax = 2048

export function checkUpstreams(violations: Violations, upstreams: readonly string[]): void {
  const count = upstreams.length
  violations.require(count > 0 && count <= upstreamsMax, 'api.upstreams', `must be between 1 and ${upstreamsMax}`)
  for (const [index, upstream] of upstreams.entries()) {
    const fault = upstreamFault(upstream)
    if (fault) violations.add(`api.upstreams[${index}]`, fault)
  }
  violations.requireUnique(upstreams, (index) => `api.upstreams[${index}]`)
}

function upstreamFault(upstream: string): string | undefined {
  if (upstream.length > upstreamCharsMax || !/^https?:\/\/[!-~]+$/.test(upstream) || !URL.canParse(upstream)) {
    return 'must be an http:// or https:// URL'
  }
  const { username, password, pathname, hostname } = new URL(upstream)
  if (username || password || upstream.includes('@')) return 'must not hold a user name or password'
  if (/[?#]/.test(upstream)) return 'must have neither query nor fragment'
  if (hostname === '') return 'must name a host'
  // The parser resolves dot segments; what was written must be what is sent.
  const written = upstream.slice(upstream.indexOf('//') + 2)
  const path = written.includes('/') ? written.slice(written.indexOf('/')) : '/'
  return path === pathname && canonicalPath(path) === path ? undefined : 'must have a base path in canonical form'
}
