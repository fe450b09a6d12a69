import { isIP } from 'node:net'

/**
 * The addresses from the client to our peer, so far as they are believed: each of `trustedProxies` vouches for one
 * entry, counted from the right. An entry that is no plain address ends the belief.
 * @param lines values of `X-Forwarded-For` in order of arrival
 */
export function believedHops(remoteAddress: string, lines: readonly string[], trustedProxies: number): string[] {
  const entries = lines.join(',').split(',')
  const hops = [remoteAddress]
  for (let trusted = 1; trusted <= trustedProxies; trusted++) {
    const entry = entries[entries.length - trusted]?.trim() ?? ''
    const address = entry.toLowerCase().startsWith('::ffff:') && entry.includes('.') ? entry.slice(7) : entry
    if (isIP(address) === 0 || address.includes('%')) break
    hops.unshift(address)
  }
  return hops
}

/** The client as the farthest believed proxy saw it. */
export function clientAddress(remoteAddress: string, lines: readonly string[], trustedProxies: number): string {
  return believedHops(remoteAddress, lines, trustedProxies)[0] ?? remoteAddress
}
