import fc from 'fast-check'

const { constantFrom, oneof } = fc

const lines = constantFrom(
  ...['GET / HTTP/1.1\r\n', 'POST /a?b HTTP/1.1\r\n', 'PUT /a HTTP/1.0\r\n', 'OPTIONS * HTTP/1.1\r\n'],
  ...['DELETE http://a/x?y HTTP/1.1\r\n', 'GET http://b HTTP/1.1\r\n', 'HEAD / HTTP/1.1\r\n', '\r\nGET / HTTP/1.1\r\n'],
  ...['GET /  HTTP/1.1\r\n', 'get / HTTP/1.1\r\n', 'CONNECT a:1 HTTP/1.1\r\n', 'GET / HTTP/1.2\r\n', 'GET /\r\n'],
  ...[
    'PRI * HTTP/2.0\r\n',
    'M-SEARCH /a HTTP/1.1\r\n',
    'GET /a#b HTTP/1.1\r\n',
    'POST /\xe9 HTTP/1.1\r\n',
    'SOURCE / ICE/1.0\r\n',
  ],
  ...['QUERY /a HTTP/1.1\r\n', 'GET //a HTTP/1.1\r\n', 'POST * HTTP/1.1\r\n', '\nGET / HTTP/1.1\n', 'GET / HTTP/1.1\r'],
)
const hosts = oneof(
  { weight: 8, arbitrary: fc.constant('Host: a\r\n') },
  constantFrom(
    '',
    'Host:a\r\n',
    'host: a:80 \r\n',
    'Host: a\r\nHost: b\r\n',
    'Host : a\r\n',
    'Host: a b\r\n',
    ' Host: a\r\n',
  ),
)
const framings = constantFrom(
  ...['', '', '', 'Content-Length: 3\r\n', 'Content-Length: 3\r\n', 'Transfer-Encoding: chunked\r\n'],
  ...['Transfer-Encoding: chunked\r\n', 'content-length:0\r\n', 'Content-Length: 10 \r\n', 'CONTENT-LENGTH: \t5\r\n'],
  ...['Content-Length: +3\r\n', 'Content-Length: 03\r\n', 'Content-Length: 3, 3\r\n', 'Content-Length: 0x3\r\n'],
  ...[
    'Content-Length:\r\n',
    'Content-Length: 3\r\nContent-Length: 3\r\n',
    'Content-Length: 3\r\nContent-Length: 5\r\n',
  ],
  ...[
    'Content_Length: 3\r\n',
    'Content-Length : 3\r\n',
    'Content-Length: 3;\r\n',
    'Content-Length: 99999999999999999999\r\n',
  ],
  ...['Content-Length: 3\r\nTransfer-Encoding: chunked\r\n', 'Transfer-Encoding: chunked\r\nContent-Length: 3\r\n'],
  ...['Transfer-Encoding: Chunked\r\n', 'Transfer_Encoding: chunked\r\n', 'Transfer-Encoding: gzip, chunked\r\n'],
  ...['Transfer-Encoding: chunked, gzip\r\n', 'Transfer-Encoding: ,chunked\r\n', 'Transfer-Encoding:\r\n chunked\r\n'],
  ...['Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', 'Transfer-Encoding: identity\r\n'],
  ...['Transfer-Encoding: chunked;q=1\r\n', 'Transfer-Encoding: xchunked\r\n', 'Transfer-Encoding : chunked\r\n'],
  ...['Transfer-Encoding\t: chunked\r\n', 'Transfer-Encoding:\x0bchunked\r\n', 'Transfer-Encoding: "chunked"\r\n'],
)
const headers = constantFrom(
  ...['', '', '', '', 'X: a\r\n', 'X:\r\n', 'X: \t a \t\r\n', 'Connection: close\r\n', 'Connection: keep-alive\r\n'],
  ...[
    'Expect: 100-continue\r\n',
    'Expect: x\r\n',
    'Upgrade: h2c\r\n',
    'Connection: X-A, close\r\n',
    'X: a\r\n b\r\n',
    'X: a\nY: b\r\n',
  ],
  ...[
    'X: a\rb\r\n',
    'X : a\r\n',
    ': a\r\n',
    'X\r\n',
    'X: \xe9\r\n',
    'X: a\0b\r\n',
    '\rX: a\r\n',
    'Trailer: X\r\n',
    'TE: trailers\r\n',
  ],
)
const ends = oneof(
  { weight: 12, arbitrary: fc.constant('\r\n') },
  constantFrom('\n', '\r', '\r\r\n', '\r\n\r', '', '\n\n'),
)
const bodies = constantFrom(
  ...[
    '',
    '',
    '',
    'abc',
    'abc',
    'abcde',
    '0123456789',
    '0\r\n\r\n',
    '0\r\n\r\n',
    '3\r\nabc\r\n0\r\n\r\n',
    '3\r\nabc\r\n0\r\n\r\n',
  ],
  ...[
    '3;x=y\r\nabc\r\n0\r\nX: y\r\n\r\n',
    '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n',
    '03\r\nabc\r\n0\r\n\r\n',
    '3 \r\nabc\r\n0\r\n\r\n',
  ],
  ...[
    '3;x="\r\nabc\r\n0\r\n\r\n',
    '0x3\r\nabc\r\n0\r\n\r\n',
    '3\nabc\n0\n\n',
    '3\r\nabcd\r\n0\r\n\r\n',
    '3\r\nab',
    ' 3\r\nabc\r\n0\r\n\r\n',
  ],
  ...[
    '0_2e\r\nabc',
    '-1\r\n',
    '3;\r\nabc\r\n0\r\n\r\n',
    'A\r\n0123456789\r\n00\r\n\r\n',
    '0\r\n\r\n\r\n',
    '3\r\nabc0\r\n\r\n',
    'fffffffffffffffff\r\n',
  ],
  ...[
    '0\r\nContent-Length: 3\r\n\r\n',
    '0\r\nX : y\r\n\r\n',
    '0;a\r\n\r\n',
    '3;a=b;c="d\\"e"\r\nabc\r\n0\r\n\r\n',
    '3\r\nabc\r\r\n0\r\n\r\n',
  ],
)

const message = fc.tuple(lines, hosts, framings, headers, ends, bodies).map((parts) => parts.join(''))

/** One byte of a text replaced, put in or taken out, at a place told in parts of its length. */
const mutation = fc.record({
  at: fc.nat(999),
  kind: constantFrom('replace', 'insert', 'remove', 'double'),
  byte: oneof(
    constantFrom(...'\r\n \t:;,0,3"\0\x7f\xa0_-+'),
    fc.nat(255).map((code) => String.fromCharCode(code)),
  ),
})

type Mutation = typeof mutation extends fc.Arbitrary<infer Value> ? Value : never

function mutate(text: string, { at, kind, byte }: Mutation): string {
  const place = Math.floor((at * text.length) / 1000)
  const [before, here, after] = [text.slice(0, place), text.slice(place, place + 1), text.slice(place + 1)]
  if (kind === 'replace') return before + byte + after
  if (kind === 'insert') return before + byte + here + after
  return kind === 'remove' ? before + after : before + here + here + after
}

/** One to three requests, good and bad, one behind the other, with up to two bytes of it changed; latin1. */
export const requests: fc.Arbitrary<string> = fc
  .tuple(fc.array(message, { minLength: 1, maxLength: 3 }), fc.array(mutation, { maxLength: 2 }))
  .map(([messages, mutations]) => mutations.reduce(mutate, messages.join('')))

/** Where a text is cut, in parts of its length. */
export const cuts: fc.Arbitrary<number[]> = fc.array(fc.nat(999), { maxLength: 4 })

export function cut(text: string, at: readonly number[]): string[] {
  const places = [...new Set(at.map((part) => Math.floor((part * text.length) / 1000)))].sort((a, b) => a - b)
  return [0, ...places].map((from, index) => text.slice(from, places[index] ?? text.length)).filter(Boolean)
}
