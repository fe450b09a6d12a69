import { afterAll, describe, expect, test } from 'vitest'
import { HeaderTable } from './header-table.ts'
import { FAILED, MessageParser, MORE } from './llhttp.ts'

/** The contract with llhttp, in its own kind of cases: what the rest of the data path takes for granted. */

const limits = { headersMax: 10, chunkOverheadBytesMax: 64 }
const parsers: MessageParser[] = []

function parser(type: 'request' | 'response'): MessageParser {
  const made = new MessageParser(type, new HeaderTable(), limits)
  parsers.push(made)
  return made
}

afterAll(() => {
  for (const one of parsers) one.free()
})

/** Feeds a head cut at the given places; what is left over after it, and its parts. */
function readHead(parser: MessageParser, text: string, cuts: readonly number[]) {
  let offset = 0
  for (const cut of [...cuts, text.length]) {
    const piece = Buffer.from(text.slice(offset, cut), 'latin1')
    const end = parser.head(piece, 0, offset)
    if (end === FAILED) return { failed: parser.error }
    if (end !== MORE) {
      const { table } = parser
      table.complete(text.slice(0, offset + end))
      const headers = Array.from({ length: table.count }, (_, index) => table.line(index))
      const target = table.text.slice(parser.targetStart, parser.targetEnd)
      return { headers, target, status: parser.status, rest: text.slice(offset + end) }
    }
    offset = cut
  }
  return 'more'
}

const REQUEST =
  'POST /a/b?c=d HTTP/1.1\r\nHost: x\r\nEmpty:\r\nBlank: \t \r\nPadded: \t a  b \t \r\nTight:v\r\nTransfer-Encoding: chunked\r\n\r\n'
const REQUEST_PARTS = {
  headers: ['Host: x', 'Empty: ', 'Blank: ', 'Padded: a  b', 'Tight: v', 'Transfer-Encoding: chunked'],
  target: '/a/b?c=d',
  rest: 'REST',
}
const RESPONSE = 'HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\nX: y\r\n\r\n'
const RESPONSE_PARTS = { headers: ['Content-Length: 5', 'X: y'], status: 404, rest: 'hello' }

describe('heads', () => {
  test('a request cut at every byte reads alike', () => {
    const one = parser('request')
    for (let cut = 0; cut <= REQUEST.length; cut++) {
      one.reset()
      expect(readHead(one, `${REQUEST}REST`, [cut])).toMatchObject(REQUEST_PARTS)
    }
  })

  test('a request byte by byte reads alike', () => {
    const cuts = Array.from({ length: REQUEST.length }, (_, at) => at)
    expect(readHead(parser('request'), `${REQUEST}REST`, cuts)).toMatchObject(REQUEST_PARTS)
  })

  test('a response cut at every byte reads alike', () => {
    const one = parser('response')
    for (let cut = 0; cut <= RESPONSE.length; cut++) {
      one.reset()
      expect(readHead(one, `${RESPONSE}hello`, [cut])).toMatchObject(RESPONSE_PARTS)
    }
  })

  test('a head longer than a piece of the parser memory has right offsets', () => {
    const long = `GET /${'t'.repeat(5000)} HTTP/1.1\r\nA: ${'v'.repeat(5000)}\r\nB: w\r\n\r\n`
    expect(readHead(parser('request'), `${long}REST`, [])).toEqual({
      headers: [`A: ${'v'.repeat(5000)}`, 'B: w'],
      target: `/${'t'.repeat(5000)}`,
      status: 0,
      rest: 'REST',
    })
  })

  test('heads follow each other on one parser', () => {
    const one = parser('request')
    for (let turn = 0; turn < 3; turn++) {
      one.reset()
      expect(readHead(one, 'GET /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc', [])).toMatchObject({
        headers: ['Host: x', 'Content-Length: 3'],
        rest: 'abc',
      })
    }
  })

  test('the parser memory grows under the parsers that are in use', () => {
    const early = parser('request')
    const many = Array.from({ length: 20_000 }, () => parser('request'))
    for (const one of [early, ...many.slice(-3)]) {
      expect(readHead(one, 'GET /x HTTP/1.1\r\nHost: x\r\n\r\n', [])).toMatchObject({ headers: ['Host: x'] })
    }
  })

  test('too many headers are told apart from bad ones', () => {
    const one = parser('request')
    expect(readHead(one, `GET / HTTP/1.1\r\n${'X: y\r\n'.repeat(11)}\r\n`, [])).toEqual({ failed: 'HEADERS_MAX' })
    expect(one.tooManyHeaders).toBe(true)
  })
})

describe('what llhttp itself refuses', () => {
  test.each([
    ['obs-fold', 'GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n'],
    ['space before colon', 'GET / HTTP/1.1\r\nX : a\r\n\r\n'],
    ['bare LF after a header', 'GET / HTTP/1.1\r\nX: a\nY: b\r\n\r\n'],
    ['bare CR in a value', 'GET / HTTP/1.1\r\nX: a\rb\r\n\r\n'],
    ['CR CR LF', 'GET / HTTP/1.1\r\nX: a\r\r\n\r\n'],
    ['NUL in a value', 'GET / HTTP/1.1\r\nX: a\0\r\n\r\n'],
    ['both framings', 'GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['two lengths', 'GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n'],
    ['chunked not last', 'GET / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n'],
    ['a response for a request', 'HTTP/1.1 200 OK\r\n\r\n'],
  ])('%s, however it is cut', (_, text) => {
    const one = parser('request')
    for (let cut = 0; cut < text.length; cut++) {
      one.reset()
      expect(readHead(one, text, [cut])).toHaveProperty('failed')
    }
  })

  test.each([
    ['no status', 'HTTP/1.1 OK\r\n\r\n'],
    ['two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['a request for a response', 'GET / HTTP/1.1\r\n\r\n'],
    ['obs-fold in a response', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n'],
    ['bare LF in a response', 'HTTP/1.1 200 OK\r\nX: a\nY: b\r\n\r\n'],
  ])('%s', (_, text) => {
    expect(readHead(parser('response'), text, [])).toHaveProperty('failed')
  })
})

/** Feeds a chunked body cut at the given places. */
function readChunked(body: string, cuts: readonly number[]) {
  const one = parser('request')
  readHead(one, 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n', [])
  one.beginChunked()
  let data = ''
  let offset = 0
  for (const cut of [...cuts, body.length]) {
    const piece = Buffer.from(body.slice(offset, cut), 'latin1')
    const spans: number[] = []
    const end = one.chunked(piece, 0, spans)
    if (end === FAILED) return { failed: one.error }
    for (let at = 0; at < spans.length; at += 2) data += piece.toString('latin1', spans[at], spans[at + 1])
    if (end !== MORE) return { data, rest: body.slice(offset + end) }
    offset = cut
  }
  return 'more'
}

describe('chunked bodies', () => {
  const BODY = '3;x=y;z="q"\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-User-Id: root\r\n\r\nREST'

  test('cut at every byte they read alike, without trailers', () => {
    for (let cut = 0; cut <= BODY.length; cut++) {
      expect(readChunked(BODY, [cut])).toEqual({ data: 'abc0123456789', rest: 'REST' })
    }
  })

  test('a chunk larger than the parser memory', () => {
    const data = 'd'.repeat(200_000)
    expect(readChunked(`${data.length.toString(16)}\r\n${data}\r\n0\r\n\r\n`, [])).toEqual({ data, rest: '' })
  })

  test.each([
    ['underscore in the size', '0_2e\r\n'],
    ['space before the size', ' a\r\n0123456789\r\n0\r\n\r\n'],
    ['space after the size', 'a \r\n0123456789\r\n0\r\n\r\n'],
    ['size with 0x', '0x3\r\nabc\r\n0\r\n\r\n'],
    ['signed size', '+3\r\nabc\r\n0\r\n\r\n'],
    ['empty size', '\r\nabc\r\n0\r\n\r\n'],
    ['size above 64 bits', '10000000000000003\r\nabc\r\n0\r\n\r\n'],
    ['bare LF after the size', '3\nabc\r\n0\r\n\r\n'],
    ['bare LF after the data', '3\r\nabc\n0\r\n\r\n'],
    ['data longer than its size', '3\r\nabcd\r\n0\r\n\r\n'],
    ['data shorter than its size', '5\r\nabc\r\n0\r\n\r\n'],
    ['open quote in an extension', '3;x="\r\nabc\r\n0\r\n\r\n'],
    ['bare LF in an extension', '3;x\nabc\r\n0\r\n\r\n'],
    ['long extension', `3;${'x'.repeat(100)}\r\nabc\r\n0\r\n\r\n`],
    ['long trailers', `0\r\nX: ${'x'.repeat(100)}\r\n\r\n`],
    ['leading zeros without end', `${'0'.repeat(100)}3\r\nabc\r\n0\r\n\r\n`],
    ['folded trailer', '0\r\nX: a\r\n b\r\n\r\n'],
    ['bare LF after the last chunk', '0\n\n'],
    ['bare CR after the last chunk', '0\r\n\rX: y\r\n\r\n'],
  ])('%s is refused, however it is cut', (_, body) => {
    expect(readChunked(body, [])).toHaveProperty('failed')
    const cuts = Array.from({ length: body.length }, (_, at) => at)
    expect(readChunked(body, cuts)).toHaveProperty('failed')
  })
})
