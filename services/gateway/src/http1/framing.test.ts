import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, startServer } from '../../test/raw.ts'
import type { RefusalReason } from './exchange.ts'
import { defaultLimits } from './limits.ts'

let gateway: Awaited<ReturnType<typeof startServer>>

beforeAll(async () => {
  gateway = await startServer((exchange) => {
    const { method, target, host, bodyLength } = exchange
    exchange.answer({ status: 200, headers: {}, body: JSON.stringify({ method, target, host, bodyLength }) })
  })
})

afterAll(() => gateway.close())

const get = (headers: string) => `GET / HTTP/1.1\r\nHost: a\r\n${headers}\r\n`
const post = (headers: string, body = '') => `POST / HTTP/1.1\r\nHost: a\r\n${headers}\r\n${body}`

const INVALID: [name: string, reason: RefusalReason, request: string][] = [
  ['not HTTP: a TLS hello', 'malformed', '\x16\x03\x01\x02\x00\x01\x00'],
  ['lower-case method', 'malformed', 'get / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['unknown method', 'malformed', 'BREW / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['long method', 'malformed', `${'G'.repeat(32_000)} / HTTP/1.1\r\nHost: a\r\n\r\n`],
  ['two spaces after the method', 'malformed', 'GET  / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['two spaces before the version', 'malformed', 'GET /  HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['tab for a space', 'malformed', 'GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['no version (HTTP/0.9)', 'malformed', 'GET /\r\n\r\n'],
  ['bare LF after the request line', 'malformed', 'GET / HTTP/1.1\nHost: a\r\n\r\n'],
  ['bare LF after a header', 'malformed', 'GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n'],
  ['bare LF at the end', 'malformed', 'GET / HTTP/1.1\r\nHost: a\r\n\n'],
  ['bare LFs only', 'malformed', 'GET / HTTP/1.1\nHost: a\n\n'],
  ['bare CR in a header', 'malformed', get('X: a\rb\r\n')],
  ['bare CR for the last line end', 'malformed', 'GET / HTTP/1.1\r\nHost: a\r\n\rX: y\r\n\r\n'],
  ['bare CR before a name', 'malformed', get('\rX: a\r\n')],
  ['two empty lines before the request', 'malformed', '\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['bare LF before the request', 'malformed', '\nGET / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['folded value, space', 'malformed', get('X: a\r\n b\r\n')],
  ['folded value, tab', 'malformed', get('X: a\r\n\tb\r\n')],
  ['folded Transfer-Encoding', 'malformed', post('Transfer-Encoding:\r\n chunked\r\n', '0\r\n\r\n')],
  ['first header begins with a space', 'malformed', 'GET / HTTP/1.1\r\n Host: a\r\nHost: a\r\n\r\n'],
  ['space before colon', 'malformed', get('X : a\r\n')],
  ['space before colon of Content-Length', 'malformed', post('Content-Length : 3\r\n', 'abc')],
  ['tab before colon', 'malformed', get('X\t: a\r\n')],
  ['no colon', 'malformed', get('Nonsense\r\n')],
  ['empty name', 'malformed', get(': a\r\n')],
  ['NBSP in a name', 'malformed', get('X-User-Id\xa0: a\r\n')],
  ['NUL in a name', 'malformed', get('X\0: a\r\n')],
  ['NUL in a value', 'malformed', get('X: a\0b\r\n')],
  ['control byte in a value', 'malformed', get('X: a\x01b\r\n')],
  ['DEL in a value', 'malformed', get('X: a\x7fb\r\n')],
  ['NUL in the target', 'malformed', 'GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['byte above 0x7f in the target', 'malformed', 'GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['fragment in the target', 'target_invalid', 'GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['target without slash', 'malformed', 'GET a HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['asterisk with GET', 'target_invalid', 'GET * HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['asterisk and more', 'target_invalid', 'OPTIONS *a HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['HTTP/2 preface', 'malformed', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['HTTP/1.2', 'version_not_supported', 'GET / HTTP/1.2\r\nHost: a\r\n\r\n'],
  ['HTTP/3.0', 'version_not_supported', 'GET / HTTP/3.0\r\nHost: a\r\n\r\n'],
  ['lower-case http', 'malformed', 'GET / http/1.1\r\nHost: a\r\n\r\n'],
  [
    'Content-Length and Transfer-Encoding',
    'malformed',
    post('Content-Length: 3\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
  ],
  [
    'Transfer-Encoding and Content-Length',
    'malformed',
    post('Transfer-Encoding: chunked\r\nContent-Length: 3\r\n', '0\r\n\r\n'),
  ],
  ['Content-Length twice, equal', 'malformed', post('Content-Length: 3\r\nContent-Length: 3\r\n', 'abc')],
  ['Content-Length twice, different', 'malformed', post('Content-Length: 3\r\ncontent-length: 4\r\n', 'abc')],
  ['Content-Length list', 'malformed', post('Content-Length: 3, 3\r\n', 'abc')],
  ['Content-Length with sign', 'malformed', post('Content-Length: +3\r\n', 'abc')],
  ['Content-Length negative', 'malformed', post('Content-Length: -3\r\n', 'abc')],
  ['Content-Length hexadecimal', 'malformed', post('Content-Length: 0x3\r\n', 'abc')],
  ['Content-Length with leading zero', 'content_length_invalid', post('Content-Length: 03\r\n', 'abc')],
  ['Content-Length empty', 'malformed', post('Content-Length: \r\n', 'abc')],
  ['Content-Length with a space inside', 'malformed', post('Content-Length: 3 3\r\n', 'abc')],
  ['Content-Length above 64 bits', 'malformed', post('Content-Length: 18446744073709551619\r\n', 'abc')],
  ['Content-Length above what is exact', 'content_length_invalid', post('Content-Length: 9007199254740993\r\n', 'abc')],
  ['Content-Length as a fraction', 'malformed', post('Content-Length: 3.0\r\n', 'abc')],
  ['coding identity', 'transfer_encoding_invalid', post('Transfer-Encoding: identity\r\n')],
  ['coding gzip, chunked', 'transfer_encoding_invalid', post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n')],
  ['coding chunked, identity', 'malformed', post('Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n')],
  ['coding chunked, chunked', 'malformed', post('Transfer-Encoding: chunked, chunked\r\n', '0\r\n\r\n')],
  [
    'coding chunked twice',
    'malformed',
    post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
  ],
  ['coding with empty list member', 'transfer_encoding_invalid', post('Transfer-Encoding: ,chunked\r\n', '0\r\n\r\n')],
  ['coding with vertical tab', 'malformed', post('Transfer-Encoding: \x0bchunked\r\n', '0\r\n\r\n')],
  ['coding in quotes', 'transfer_encoding_invalid', post('Transfer-Encoding: "chunked"\r\n', '0\r\n\r\n')],
  ['coding with parameter', 'transfer_encoding_invalid', post('Transfer-Encoding: chunked;a=b\r\n', '0\r\n\r\n')],
  ['coding xchunked', 'transfer_encoding_invalid', post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n')],
  ['coding empty', 'transfer_encoding_invalid', post('Transfer-Encoding:\r\n', '0\r\n\r\n')],
  ['Transfer_Encoding', 'framing_header_misspelt', post('Transfer_Encoding: chunked\r\n', '0\r\n\r\n')],
  ['Content_Length', 'framing_header_misspelt', post('content_length: 3\r\n', 'abc')],
  [
    'Content_Length beside Content-Length',
    'framing_header_misspelt',
    post('Content-Length: 3\r\nCONTENT_LENGTH: 9\r\n', 'abc'),
  ],
  [
    'HTTP/1.0 with Transfer-Encoding',
    'framing_ambiguous',
    'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['no Host', 'host_missing', 'GET / HTTP/1.1\r\n\r\n'],
  ['no Host, HTTP/1.0', 'host_missing', 'GET / HTTP/1.0\r\n\r\n'],
  ['two Hosts', 'host_repeated', get('Host: b\r\n')],
  ['two equal Hosts', 'host_repeated', get('host: a\r\n')],
  ['empty Host', 'host_invalid', 'GET / HTTP/1.1\r\nHost:\r\n\r\n'],
  ['Host with user', 'host_invalid', 'GET / HTTP/1.1\r\nHost: a@b\r\n\r\n'],
  ['Host with path', 'host_invalid', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n'],
  ['Host list', 'host_invalid', 'GET / HTTP/1.1\r\nHost: a, b\r\n\r\n'],
  ['Host with a letter for a port', 'host_invalid', 'GET / HTTP/1.1\r\nHost: a:b\r\n\r\n'],
  ['absolute form of another host', 'host_differs_from_target', 'GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['absolute form of another port', 'host_differs_from_target', 'GET http://a:81/ HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['absolute form with user', 'host_differs_from_target', 'GET http://a@a/ HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['absolute form of another scheme', 'target_invalid', 'GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['absolute form without Host', 'host_missing', 'GET http://a/ HTTP/1.1\r\n\r\n'],
  ['CONNECT', 'connect_not_supported', 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['WebSocket', 'upgrade_not_supported', get('Connection: Upgrade\r\nUpgrade: websocket\r\n')],
  [
    'h2c',
    'upgrade_not_supported',
    get('Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n'),
  ],
  ['unknown expectation', 'expectation_failed', post('Expect: 200-ok\r\nContent-Length: 3\r\n', 'abc')],
  ['head of 17 KiB', 'head_too_large', get(`X: ${'a'.repeat(17 * 1024)}\r\n`)],
  ['head of 1 MB', 'head_too_large', get(`X: ${'a'.repeat(1_000_000)}\r\n`)],
  ['10,000 query parameters', 'head_too_large', `GET /?${'a&'.repeat(10_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
  ['target of 9 KiB', 'target_too_long', `GET /${'a'.repeat(9 * 1024)} HTTP/1.1\r\nHost: a\r\n\r\n`],
  ['33 connection options', 'too_many_headers', get(`Connection: ${'a,'.repeat(33)}\r\n`)],
  ['33 connection options on two lines', 'too_many_headers', get(`Connection: ${'a,'.repeat(20)}\r\n`.repeat(2))],
  ['101 headers', 'too_many_headers', get('X: a\r\n'.repeat(defaultLimits.headersMax))],
]

const STATUS: Partial<Record<RefusalReason, string>> = {
  head_too_large: '431 Request Header Fields Too Large',
  too_many_headers: '431 Request Header Fields Too Large',
  target_too_long: '414 URI Too Long',
  version_not_supported: '505 HTTP Version Not Supported',
  connect_not_supported: '501 Not Implemented',
  upgrade_not_supported: '501 Not Implemented',
  expectation_failed: '417 Expectation Failed',
}

test.each(INVALID)('%s is refused as %s, once, and the connection closes', async (_, reason, request) => {
  gateway.refused.length = 0
  gateway.outcomes.length = 0
  gateway.seen.length = 0
  const peer = await connect(gateway.port)
  // What follows a refused request must never be read as another.
  peer.send(`${request}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`)
  const answer = await peer.all()
  peer.socket.destroy()
  expect(gateway.refused.map((one) => one.refusal.reason)).toEqual([reason])
  expect(answer.split('\r\n')[0]).toBe(`HTTP/1.1 ${STATUS[reason] ?? '400 Bad Request'}`)
  expect(answer).toMatch(/\r\nConnection: close\r\n/)
  expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1)
  expect(gateway.outcomes).toMatchObject([{ end: 'complete', status: gateway.refused[0]?.refusal.status }])
  expect(gateway.seen).toEqual([])
})

const VALID: [name: string, request: string, facts: object][] = [
  ['plain', get(''), { method: 'GET', target: '/', host: 'a', bodyLength: 0 }],
  ['one empty line before', `\r\n${get('')}`, { method: 'GET', target: '/', host: 'a', bodyLength: 0 }],
  ['empty and padded values', get('X:\r\nY:   \r\nZ: \t a b \t\r\n'), { method: 'GET' }],
  ['latin1 in a value', get('X: \xe9\r\n'), { method: 'GET' }],
  ['Content-Length', post('Content-Length: 3 \r\n', 'abc'), { method: 'POST', bodyLength: 3 }],
  ['Content-Length zero', post('Content-Length: 0\r\n'), { method: 'POST', bodyLength: 0 }],
  ['GET with a body', get('Content-Length: 3\r\n').concat('abc'), { method: 'GET', bodyLength: 3 }],
  ['chunked', post('Transfer-Encoding: Chunked\r\n', '3\r\nabc\r\n0\r\n\r\n'), { method: 'POST' }],
  [
    'chunked with extension and trailer',
    post('Transfer-Encoding: chunked\r\n', '3;x=y\r\nabc\r\n0\r\nX-User-Id: 1\r\n\r\n'),
    { method: 'POST' },
  ],
  ['absolute form', 'GET http://A:8080/x?y HTTP/1.1\r\nHost: a:8080\r\n\r\n', { target: '/x?y', host: 'a:8080' }],
  ['absolute form without path', 'GET http://a?y HTTP/1.1\r\nHost: a\r\n\r\n', { target: '/?y' }],
  ['asterisk', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', { method: 'OPTIONS', target: '*' }],
  ['IPv6 host', 'GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n', { host: '[::1]:80' }],
  [
    'odd but legal target',
    'GET //evil/..%2f?a?b=&[]|{} HTTP/1.1\r\nHost: a\r\n\r\n',
    { target: '//evil/..%2f?a?b=&[]|{}' },
  ],
  ['100 headers', get('X: a\r\n'.repeat(defaultLimits.headersMax - 1)), { method: 'GET' }],
]

test.each(VALID)('%s is accepted', async (_, request, facts) => {
  const peer = await connect(gateway.port)
  peer.send(`${request}GET /next HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n`)
  const answers = (await peer.all()).split(/(?=HTTP\/1\.1 )/)
  peer.socket.destroy()
  expect(answers).toHaveLength(2)
  expect(JSON.parse(answers[0]?.split('\r\n\r\n')[1] ?? '')).toMatchObject(facts)
  expect(JSON.parse(answers[1]?.split('\r\n\r\n')[1] ?? '')).toMatchObject({ target: '/next', host: 'b' })
})
