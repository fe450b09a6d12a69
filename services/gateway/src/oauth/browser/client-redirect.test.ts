import fc from 'fast-check'
import { expect, test } from 'vitest'
import { withQuery } from './client-redirect.ts'

test('any answer comes back out of a redirect URI as it was, beside what was in it', () => {
  const uri = fc.constantFrom(
    'https://a/cb',
    'https://a/cb?',
    'https://a/cb?x=%26',
    'com.example:/cb',
    'http://[::1]:1/',
  )
  const value = fc.string({ unit: 'grapheme' })
  fc.assert(
    fc.property(uri, fc.array(fc.record({ name: value, value })), (redirectUri, parameters) => {
      const found = [...new URL(withQuery(redirectUri, parameters)).searchParams]
      const kept = redirectUri.includes('x=') ? [['x', '&']] : []
      expect(found).toEqual([...kept, ...parameters.map((parameter) => [parameter.name, parameter.value])])
    }),
  )
})
