import { BlockList, isIP, isIPv4 } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { inIpRange, parseIpAddress, parseIpRange } from '../src/index.ts'

describe('addresses that are none', () => {
  test.each([
    '',
    ' ',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.04',
    '0x1.2.3.4',
    '1.2.3.4 ',
    '+1.2.3.4',
    '1..2.3',
    '1.2.3.-4',
    '1.2.3.4/32',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '::12345',
    '::g',
    'fe80::1%eth0',
    '1:2:3:4:5:6:7:1.2.3.4',
    '1.2.3.4::',
    '::1.2.3',
    '::1.2.3.256',
    ':1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:',
    '1:2:3:4:5:6:7:8::',
    '[::1]',
  ])('%j', (text) => {
    expect(parseIpAddress(text)).toBeUndefined()
    expect(isIP(text) === 0 || text.includes('%')).toBe(true)
  })
})

describe('ranges that are none', () => {
  test.each([
    '',
    '/',
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0.0/8 ',
    '10.0.0.0/8/8',
    '10.0.0.1/8',
    '10.0.0.0/255.0.0.0',
    '::/129',
    '2001:db8::1/32',
    'fe80::%1/64',
    '::ffff:10.0.0.1/104',
    '*',
  ])('%j', (cidr) => {
    expect(parseIpRange(cidr)).toBeUndefined()
  })
})

const ipv6 = fc.ipV6().filter((text) => isIP(text) === 6)
const address = fc.oneof(
  fc.ipV4(),
  ipv6,
  fc.ipV4().map((text) => `::ffff:${text}`),
)

test('every address that Node knows is read', () => {
  fc.assert(
    fc.property(address, (text) => {
      expect(parseIpAddress(text)).toBeDefined()
    }),
    { numRuns: 1000 },
  )
})

test('ranges hold what those of Node hold', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.ipV4(), ipv6),
      address,
      fc.nat({ max: 128 }),
      fc.nat({ max: 15 }),
      (base, other, bitsWish, flip) => {
        const bits = isIPv4(base) ? bitsWish % 33 : bitsWish
        const network = parseIpAddress(base)!
        fc.pre(network.length === (isIPv4(base) ? 4 : 16))
        const masked = network.map((byte, index) => byte & ~(0xff >> Math.min(8, Math.max(0, bits - index * 8))))
        const text = format(masked)
        const range = parseIpRange(`${text}/${bits}`)!
        const nodes = new BlockList()
        nodes.addSubnet(text, bits, isIPv4(base) ? 'ipv4' : 'ipv6')
        // Neighbours of the range, so that some lie inside.
        const near = format(masked.with(flip % masked.length, masked[flip % masked.length]! ^ (1 << (flip % 8))))
        for (const candidate of [base, near, other]) {
          const parsed = parseIpAddress(candidate)!
          const expected = nodes.check(format(parsed), parsed.length === 4 ? 'ipv4' : 'ipv6')
          expect(inIpRange(parsed, range), `${candidate} in ${text}/${bits}`).toBe(
            expected && parsed.length === range.network.length,
          )
        }
      },
    ),
    { numRuns: 1000 },
  )
})

function format(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  return Array.from({ length: 8 }, (_, group) => ((bytes[2 * group]! << 8) | bytes[2 * group + 1]!).toString(16)).join(
    ':',
  )
}
