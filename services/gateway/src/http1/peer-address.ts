/** IPv4 as seen by a dual-stack listener is written as IPv4: rules and records know one spelling. */
export function peerAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}
