import { waitFor } from '@gatehouse/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Deciding, deciding } from '../../test/deciding.ts'
import { key } from '../../test/deciding-facts.ts'
import { exchangeOnce } from '../../test/raw.ts'

let gateway: Deciding
beforeEach(async () => {
  gateway = await deciding()
  await gateway.put.all()
})
afterEach(() => gateway.close())

/** The status of the answer to a request with a good key; the texts are sent as bytes, one for each character. */
async function ask(target: string, header = ''): Promise<number> {
  const head = `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-API-Key: ${key}\r\n${header}\r\n`
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(await exchangeOnce(gateway.port, head))?.[1])
}

/** The bytes of the one record there is, as they are kept and shipped. */
async function recordLine(): Promise<string> {
  const batch = await waitFor(() => gateway.trail.spool.next(1 << 20), { what: 'the record' })
  expect(batch?.records).toHaveLength(1)
  return Buffer.from(batch?.records[0]?.json ?? '').toString('latin1')
}

const escapes: [name: string, encoded: string][] = [
  ['CRLF', '%0d%0a'],
  ['LF', '%0a'],
  ['ANSI colour', '%1b[31m'],
  ['ANSI in one byte (C1)', '%c2%9b31m'],
  ['line separator U+2028', '%e2%80%a8'],
  ['right-to-left override U+202E', '%e2%80%ae'],
]

test.each(escapes)('a path with an encoded %s is on record in one line of printable ASCII', async (_, encoded) => {
  const control = /\p{Cc}/u.test(decodeURIComponent(encoded))
  expect(await ask(`/orders/items${encoded}x`)).toBe(control ? 400 : 404)
  const line = await recordLine()
  expect(line).toMatch(/^[\x20-\x7e]+$/)
  // A path that is refused for its form is not kept.
  expect(JSON.parse(line).http_request.url.path).toBe(control ? '' : `/orders/items${encoded.toUpperCase()}x`)
  expect(gateway.upstream.requests).toEqual([])
})

test.each(escapes.map(([name, encoded]) => [name, encoded, decodeURIComponent(encoded)] as const))(
  'a user agent with %s, encoded or as it is, adds no line and no escape to the record',
  async (_, encoded, decoded) => {
    const bytes = Buffer.from(decoded).toString('latin1')
    // What HTTP itself forbids in a value never gets here; CRLF would make a header of its own.
    const literal = [...bytes].some((byte) => byte < ' ') ? '' : bytes
    expect(await ask('/orders/items', `User-Agent: a${encoded}${literal}b\r\n`)).toBe(200)
    const line = await recordLine()
    expect(line).toMatch(/^[\x20-\x7e]+$/)
    expect(JSON.parse(line).http_request.user_agent).toBe(`a${encoded}${literal}b`)
  },
)

test('names of the prototype, in headers and in the query, are names like others', async () => {
  const query = '?__proto__=x&constructor[prototype][scopes]=write&__proto__[api_key]=x&toString&hasOwnProperty=1'
  const headers = '__proto__: x\r\nconstructor: x\r\ntoString: x\r\nhasOwnProperty: x\r\n'
  expect(await ask(`/orders/items${query}`, headers)).toBe(200)
  const [seen] = gateway.upstream.requests
  expect(seen?.url).toBe(`/items${query}`)
  expect(seen?.rawHeaders.filter((text) => text === 'x')).toHaveLength(4)
  expect(Object.prototype).not.toHaveProperty('api_key')
  // None of them stands in for the key that is missing.
  const without = `GET /orders/items${query} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${headers}\r\n`
  expect(await exchangeOnce(gateway.port, without)).toMatch(/^HTTP\/1\.1 401 /)
})

test('as many query parameters as fit into a head, and the key is found among them', async () => {
  const many = 'a&'.repeat(3900)
  const head = 'HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
  expect(await exchangeOnce(gateway.port, `GET /orders/query?${many}api_key=${key} ${head}`)).toMatch(
    /^HTTP\/1\.1 200 /,
  )
  expect(gateway.upstream.requests.map(({ url }) => url)).toEqual([`/query?${many.slice(0, -1)}`])
})
