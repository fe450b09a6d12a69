import { randomBytes } from 'node:crypto'
import { afterAll, describe, expect, test } from 'vitest'
import { BodyReader, NOBODY } from './body-reader.ts'
import { HeaderTable } from './header-table.ts'
import { FAILED, MessageParser } from './llhttp.ts'

const parser = new MessageParser('request', new HeaderTable(), { headersMax: 10, chunkOverheadBytesMax: 64 })
afterAll(() => parser.free())

/** As a socket delivers it: in memory of its own. */
function delivery(bytes: Uint8Array): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length)
  own.set(bytes)
  return own
}

/** Reads the rest of one delivery; what the sink was given, and what is left of the delivery's memory. */
function deliver(reader: BodyReader, bytes: Buffer, start = 0) {
  const pieces: Buffer[] = []
  const end = reader.read(bytes, start, { piece: (piece) => pieces.push(piece) })
  return { end, pieces, body: Buffer.concat(pieces), left: bytes.length }
}

function reader(length: number | undefined): BodyReader {
  parser.reset()
  if (length === undefined) {
    const head = Buffer.from('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
    expect(parser.head(head, 0, 0)).toBe(head.length)
  }
  const made = new BodyReader(parser)
  made.begin(length)
  return made
}

const chunk = (data: Buffer) =>
  Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')])

describe('a body of a known length', () => {
  const large = randomBytes(65_536)

  test('a delivery that is all body is given as it is', () => {
    const bytes = delivery(large)
    const { end, pieces } = deliver(reader(bytes.length), bytes)
    expect(end).toBe(large.length)
    expect(pieces).toEqual([large])
    expect(pieces[0]).toBe(bytes)
  })

  test('what follows a head is given as a copy, and the delivery is freed', () => {
    const bytes = delivery(large)
    const { end, body, left } = deliver(reader(100_000), bytes, 1000)
    expect(end).toBe(large.length)
    expect(body).toEqual(large.subarray(1000))
    expect(left).toBe(0)
  })

  test('a delivery that holds more than the body is not freed', () => {
    const bytes = delivery(large)
    const { end, body } = deliver(reader(60_000), bytes, 1000)
    expect(end).toBe(61_000)
    expect(body).toEqual(large.subarray(1000, 61_000))
    expect(bytes).toEqual(large)
  })

  test('a piece of a small delivery is no copy', () => {
    const bytes = delivery(Buffer.from('head body'))
    const { pieces, left } = deliver(reader(4), bytes, 5)
    expect(String(pieces[0])).toBe('body')
    expect(pieces[0]?.buffer).toBe(bytes.buffer)
    expect(left).toBe(9)
  })

  test('what is dropped is read to its end', () => {
    const bytes = delivery(large)
    const made = reader(65_000)
    expect(made.read(bytes, 536, NOBODY)).toBe(large.length)
    expect([made.bytes, made.complete]).toEqual([65_000, true])
  })
})

describe('a body in chunks', () => {
  const parts = [randomBytes(30_000), randomBytes(1), randomBytes(40_000)]
  const whole = Buffer.concat([...parts.map(chunk), Buffer.from('0\r\n\r\n')])

  test('is the same wherever it is cut, and what was read is freed', () => {
    for (const cut of [1, 29_999, 30_004, 30_005, 30_009, 50_000, whole.length - 1]) {
      const made = reader(undefined)
      const deliveries = [delivery(whole.subarray(0, cut)), delivery(whole.subarray(cut))]
      const read = deliveries.map((bytes) => deliver(made, bytes))
      expect(Buffer.concat(read.map(({ body }) => body)).equals(Buffer.concat(parts))).toBe(true)
      expect(read[1]?.end).toBe(whole.length - cut)
      expect([made.bytes, made.complete]).toEqual([70_001, true])
      for (const [index, bytes] of deliveries.entries()) {
        const length = index === 0 ? cut : whole.length - cut
        expect(bytes.length).toBe(length < 16_384 ? length : 0)
      }
    }
  })

  test('a delivery from the middle of a chunk is given as it is', () => {
    const made = reader(undefined)
    deliver(made, delivery(whole.subarray(0, 1000)))
    const bytes = delivery(whole.subarray(1000, 21_000))
    const { pieces } = deliver(made, bytes)
    expect(pieces).toHaveLength(1)
    expect(pieces[0]).toBe(bytes)
    expect(bytes.equals(whole.subarray(1000, 21_000))).toBe(true)
  })

  test('one that is none is refused', () => {
    const made = reader(undefined)
    expect(deliver(made, delivery(Buffer.from('nonsense\r\n'))).end).toBe(FAILED)
  })
})
