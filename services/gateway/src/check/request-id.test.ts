import { expect, test } from 'vitest'
import { childTraceparent, newRequestId } from './request-id.ts'

const trace = '0af7651916cd43dd8448eb211c80319c'

test('request ids never repeat', () => {
  expect(new Set(Array.from({ length: 10_000 }, newRequestId)).size).toBe(10_000)
})

test('a span of ours in the trace of the caller, never the same twice', () => {
  const incoming = `00-${trace}-b7ad6b7169203331-01`
  const spans = new Set(Array.from({ length: 1000 }, () => childTraceparent(incoming)))
  expect(spans.size).toBe(1000)
  for (const span of spans) expect(span).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`))
})

test.each([
  undefined,
  '',
  `00-${trace}-b7ad6b7169203331`,
  `01-${trace}-b7ad6b7169203331-01`,
  `00-${trace.toUpperCase()}-b7ad6b7169203331-01`,
  `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
  `00-${trace}-${'0'.repeat(16)}-01`,
  `00-${trace}-b7ad6b7169203331-01-x`,
  `00-${trace}-b7ad6b7169203331-01\r\nX: y`,
])('%j begins a new trace that nobody asked to sample', (incoming) => {
  expect(childTraceparent(incoming)).toMatch(/^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-00$/)
  expect(childTraceparent(incoming)).not.toContain(trace)
})
