import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isForm, parseForm, parseParameters } from './form.ts'

const pairs = (text: string) => {
  const parsed = parseParameters(text)
  return typeof parsed === 'string' ? parsed : parsed.map(({ name, value }) => [name, value])
}

test('whatever a browser writes is read as it was meant', () => {
  const entries = fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' })), {
    maxLength: 20,
  })
  fc.assert(
    fc.property(entries, (list) => {
      expect(pairs(new URLSearchParams(list).toString())).toEqual(list)
    }),
  )
})

test('any text is refused, or read as URLSearchParams reads it', () => {
  const piece = fc.constantFrom(
    'a',
    '=',
    '&',
    '+',
    '%',
    '%2',
    '%zz',
    '%41',
    '%c3%a9',
    '%ff',
    '%00',
    ';',
    '%26',
    '?',
    'é',
    '😀',
  )
  const text = fc.array(piece, { maxLength: 40 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(text, (given) => {
      const parsed = pairs(given)
      // A leading `?` is the constructor's own guess, not the format's.
      if (typeof parsed !== 'string') expect(parsed).toEqual([...new URLSearchParams(`&${given}`)])
    }),
    { numRuns: 2000 },
  )
})

test.each([
  ['%', 'form_malformed'],
  ['a=%4', 'form_malformed'],
  ['a=%zz', 'form_malformed'],
  ['a=%ff', 'form_malformed'],
  ['a=%c0%ae', 'form_malformed'],
  ['a=%ed%a0%80', 'form_malformed'],
  ['a&'.repeat(100), 'form_parameters_too_many'],
])('%j is refused', (text, fault) => {
  expect(parseParameters(text)).toBe(fault)
})

test('bytes that are not UTF-8 are refused, a byte order mark is a character', () => {
  expect(parseForm(Buffer.from('a=\xff', 'latin1'))).toBe('form_malformed')
  expect(parseForm(Buffer.from('a=\ud800'))).toEqual([{ name: 'a', value: '\ufffd' }])
  expect(parseForm(Buffer.from('\ufeffa=b'))).toEqual([{ name: '\ufeffa', value: 'b' }])
})

test('duplicates are kept in order, for whoever must refuse them', () => {
  expect(pairs('a=1&b=2&a=3&__proto__=x')).toEqual([
    ['a', '1'],
    ['b', '2'],
    ['a', '3'],
    ['__proto__', 'x'],
  ])
})

test.each([
  ['application/x-www-form-urlencoded', true],
  ['application/x-www-form-urlencoded;charset=UTF-8', true],
  ['Application/X-WWW-Form-Urlencoded; charset="utf-8"', true],
  ['application/x-www-form-urlencoded; charset=iso-8859-1', false],
  ['application/json', false],
  ['multipart/form-data; boundary=x', false],
  ['text/plain', false],
  ['', false],
])('the media type %j: %s', (type, expected) => {
  expect(isForm(type)).toBe(expected)
})
