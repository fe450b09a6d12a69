import { type IpAddress, isMapped, parseIpv4, parseIpv6, parseNumber } from './ip-address.ts'

/** The addresses whose first `bits` bits are those of `network`. */
export interface IpRange {
  readonly network: IpAddress
  readonly bits: number
}

const mappedBits = 96

/** Reads a range in CIDR notation; undefined when malformed, or when host bits are set (which range is meant?). */
export function parseIpRange(cidr: string): IpRange | undefined {
  const slash = cidr.indexOf('/')
  if (slash < 0) return undefined
  const network = cidr.includes(':') ? parseIpv6(cidr.slice(0, slash)) : parseIpv4(cidr.slice(0, slash))
  const bitsText = cidr.slice(slash + 1)
  const bits = parseNumber(bitsText, 3, 10)
  if (!network || bits === undefined || bits > network.length * 8) return undefined
  if (bitsText !== String(bits) || hasHostBits(network, bits)) return undefined
  // An address that comes mapped is compared as IPv4; so is a rule.
  return network.length === 16 && bits >= mappedBits && isMapped(network)
    ? { network: network.subarray(12), bits: bits - mappedBits }
    : { network, bits }
}

/** Whether the address lies in the range; an IPv4 address never lies in an IPv6 range, nor the other way round. */
export function inIpRange(address: IpAddress, { network, bits }: IpRange): boolean {
  if (address.length !== network.length) return false
  const whole = bits >> 3
  for (let index = 0; index < whole; index++) if (address[index] !== network[index]) return false
  const rest = bits & 7
  if (rest === 0) return true
  const mask = (0xff00 >> rest) & 0xff
  return ((address[whole] ?? 0) & mask) === ((network[whole] ?? 0) & mask)
}

function hasHostBits(network: IpAddress, bits: number): boolean {
  return network.some((byte, index) => (byte & (0xff >> Math.min(8, Math.max(0, bits - index * 8)))) !== 0)
}
