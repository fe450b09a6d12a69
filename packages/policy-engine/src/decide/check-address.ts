import type { ApiKeyRestrictions } from '@gatehouse/contracts/credential/v1/api_key'
import { parseIpAddress } from '../address/ip-address.ts'
import { type IpRange, inIpRange, parseIpRange } from '../address/ip-range.ts'
import { type ApiKeyFacts, proceed, type Step } from './step.ts'

/** Ranges of restrictions that were met before: views are decoded once and shared by many requests. */
const compiled = new WeakMap<ApiKeyRestrictions, readonly IpRange[]>()

/** The caller's address lies in one of the key's ranges. A range that cannot be read holds no address. */
export const checkAddress: Step<ApiKeyFacts> = ({ apiKey: { restrictions }, clientIp }) => {
  if (!restrictions || restrictions.cidrs.length === 0) return proceed
  const address = parseIpAddress(clientIp)
  if (!address) return 'ip_not_allowed'
  return rangesOf(restrictions).some((range) => inIpRange(address, range)) ? proceed : 'ip_not_allowed'
}

function rangesOf(restrictions: ApiKeyRestrictions): readonly IpRange[] {
  let ranges = compiled.get(restrictions)
  if (!ranges) {
    ranges = restrictions.cidrs.map(parseIpRange).filter((range) => range !== undefined)
    compiled.set(restrictions, ranges)
  }
  return ranges
}
