/** A `Host` header's name as environments are kept by it: lower case, without port and without the root's dot. */
export function hostName(host: string): string {
  const withoutPort = host.slice(0, portFrom(host))
  const name = withoutPort.endsWith('.') ? withoutPort.slice(0, -1) : withoutPort
  return name.toLowerCase()
}

function portFrom(host: string): number {
  const colon = host.lastIndexOf(':')
  // An IPv6 literal ends in `]`; its colons are no ports.
  return colon < 0 || host.endsWith(']') ? host.length : colon
}
