import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalPath } from '../src/index.ts'
import { vectors } from './vectors.ts'

describe('path_valid', () => {
  test.each(vectors('path_valid'))('%s → %s', (target, path) => {
    expect(canonicalPath(JSON.parse(target!))).toBe(JSON.parse(path!))
  })
})

describe('path_invalid', () => {
  test.each(vectors('path_invalid'))('%s: %s', (fault, target) => {
    expect(canonicalPath(JSON.parse(target!))).toEqual({ fault })
  })
})

test.each(['/a', '/%61', '/..', '/%2e%2e', '/a;', '%', '/ü'])(
  '50,000 times %s is too long, whatever it is',
  (segment) => {
    expect(canonicalPath(`/x${segment.repeat(50_000)}`)).toEqual({ fault: 'too_long' })
  },
)

const piece = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('a', '/b', '.', '%41', '%2e', '%C3%A9', '%20', '~', '%25') },
  fc.constantFrom(
    '/',
    '.',
    '..',
    '%2e',
    '%2F',
    '%25',
    '%32',
    '%65',
    '%5c',
    ';',
    '?',
    '#',
    '%c3%a9',
    '%EF%BC%8E',
    'a',
    'é',
  ),
  fc.integer({ min: 0, max: 255 }).map((byte) => `%${byte.toString(16).padStart(2, '0')}`),
  fc.string({ unit: 'binary', maxLength: 3 }),
)
const target = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`)

test('a canonical path is its own canonical path', () => {
  fc.assert(
    fc.property(target, (text) => {
      const path = canonicalPath(text)
      if (typeof path === 'string') expect(canonicalPath(path)).toBe(path)
    }),
    { numRuns: 5000 },
  )
})

test('an upstream that decodes once, twice or by the URL standard stays on the same path', () => {
  fc.assert(
    fc.property(target, (text) => {
      const path = canonicalPath(text)
      if (typeof path !== 'string') return
      const decoded = decodeURIComponent(path)
      expect(decoded.split('/')).toHaveLength(path.split('/').length)
      expect(decoded.split(/[/\\]/).filter((segment) => segment === '.' || segment === '..')).toEqual([])
      expect(decoded.normalize('NFKC').split(/[/\\]/)).toHaveLength(path.split('/').length)
      expect(decoded).not.toMatch(/%[0-9a-f]{2}/i)
      // What the URL standard escapes further (`'` in no case) does not change segments.
      expect(new URL(path, 'http://upstream').pathname).toBe(path)
    }),
    { numRuns: 5000 },
  )
})
