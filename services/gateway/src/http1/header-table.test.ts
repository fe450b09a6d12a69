import { expect, test } from 'vitest'
import { HeaderTable } from './header-table.ts'
import { MessageParser } from './llhttp.ts'

const head =
  'GET / HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nEmpty:\r\nPadded: \t a  b \t \r\nTight:v\r\nTrailing: c \r\nX-A: 1\r\nX-B: 2\r\n\r\n'

function read(): HeaderTable {
  const parser = new MessageParser('request', new HeaderTable(), { headersMax: 100, chunkOverheadBytesMax: 100 })
  parser.head(Buffer.from(head, 'latin1'), 0, 0)
  parser.table.complete(head)
  parser.free()
  return parser.table
}

test('whichever lines are kept, together they read as one by one', () => {
  const table = read()
  expect(table.count).toBe(8)
  for (let kept = 0; kept < 2 ** table.count; kept++) {
    const keeps = (index: number) => (kept & (1 << index)) !== 0
    let lines = ''
    for (let index = 0; index < table.count; index++) if (keeps(index)) lines += `${table.line(index)}\r\n`
    expect(table.lines(keeps)).toBe(lines)
  }
})
