import { expect, test } from 'vitest'
import { detailsBytesMax, eachDetail, readAuthorizationDetails } from './authorization-details.ts'

const types = ['payment', 'account']

test('objects of known types are taken, in one spelling', () => {
  const text = ' [ {"type": "payment", "amount": {"value": 5}}, {"type":"account"} ] '
  const details = readAuthorizationDetails(text, types)
  expect(details).toBe('[{"type":"payment","amount":{"value":5}},{"type":"account"}]')
  expect(eachDetail(details ?? '')).toEqual(['{"type":"payment","amount":{"value":5}}', '{"type":"account"}'])
})

test('none is none', () => {
  expect(readAuthorizationDetails(undefined, types)).toBe('')
  expect(eachDetail('')).toEqual([])
})

test.each([
  ...['[]', '{}', '{"type":"payment"}', 'null', '"payment"', '[', '[null]', '["payment"]', '[["type"]]', '[{}]'],
  ...['[{"type":"other"}]', '[{"type":"payment"},{"type":"other"}]', '[{"type":["payment"]}]', '[{"type":1}]'],
  ...['[{"__proto__":{"type":"payment"}}]'.replace('payment', 'other'), '[{"type":"toString"}]'],
  `[{"type":"payment","note":"${'x'.repeat(detailsBytesMax)}"}]`,
  `[${Array(17).fill('{"type":"payment"}')}]`,
  '['.repeat(4000),
])('%.60j is refused', (text) => expect(readAuthorizationDetails(text, types)).toBeUndefined())

test('an API without types takes none', () => {
  expect(readAuthorizationDetails('[{"type":"payment"}]', [])).toBeUndefined()
})
