/** An address as its bytes: 4 or 16. An IPv4-mapped IPv6 address is the IPv4 address. */
export type IpAddress = Uint8Array

const mappedPrefix = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]

/** Reads an address strictly: no leading zeros (octal elsewhere), no zone; undefined when it is none. */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (!text.includes(':')) return parseIpv4(text)
  const bytes = parseIpv6(text)
  return bytes && isMapped(bytes) ? bytes.subarray(12) : bytes
}

/** Whether 16 bytes are an IPv4-mapped address, `::ffff:a.b.c.d` (RFC 4291 section 2.5.5.2). */
export function isMapped(bytes: Uint8Array): boolean {
  return mappedPrefix.every((byte, index) => bytes[index] === byte)
}

export function parseIpv4(text: string): IpAddress | undefined {
  const parts = text.split('.', 5)
  if (parts.length !== 4) return undefined
  const bytes = new Uint8Array(4)
  for (const [index, part] of parts.entries()) {
    const value = parseNumber(part, 3, 10)
    if (value === undefined || value > 255 || (part.length > 1 && part.startsWith('0'))) return undefined
    bytes[index] = value
  }
  return bytes
}

/** Reads an IPv6 address as 16 bytes, mapped ones included. */
export function parseIpv6(text: string): IpAddress | undefined {
  if (text.length > 45) return undefined
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const compressed = halves.length === 2
  const head = parseGroups(halves[0] ?? '', !compressed)
  const tail = compressed ? parseGroups(halves[1] ?? '', true) : []
  if (!head || !tail) return undefined
  const missing = 16 - head.length - tail.length
  // RFC 5952 would keep `::` for two groups or more; one is allowed by RFC 4291.
  if (compressed ? missing < 2 : missing !== 0) return undefined
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail])
}

/** Bytes of groups between colons; the last one may be a dotted IPv4 address. */
function parseGroups(text: string, ipv4Allowed: boolean): number[] | undefined {
  if (text === '') return []
  const groups = text.split(':', 9)
  const bytes: number[] = []
  for (const [index, group] of groups.entries()) {
    if (ipv4Allowed && index === groups.length - 1 && group.includes('.')) {
      const ipv4 = parseIpv4(group)
      if (!ipv4) return undefined
      bytes.push(...ipv4)
    } else {
      const value = parseNumber(group, 4, 16)
      if (value === undefined) return undefined
      bytes.push(value >> 8, value & 0xff)
    }
  }
  return bytes
}

const digits = '0123456789abcdef'

/** A number of 1 to `charsMax` digits and nothing else. */
export function parseNumber(text: string, charsMax: number, radix: 10 | 16): number | undefined {
  if (text.length === 0 || text.length > charsMax) return undefined
  let value = 0
  for (const character of text.toLowerCase()) {
    const digit = digits.indexOf(character)
    if (digit < 0 || digit >= radix) return undefined
    value = value * radix + digit
  }
  return value
}
