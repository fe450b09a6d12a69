import assert from 'node:assert/strict'
import { canonicalPath } from '@gatehouse/policy-engine'
import fc from 'fast-check'
import { fuzz } from './fuzz.ts'

const piece = fc.constantFrom(
  ...[
    'a',
    'b',
    '/',
    '/',
    '/x',
    '.',
    '..',
    '%2e',
    '%2E',
    '%2f',
    '%5c',
    '\\',
    '%25',
    '%32',
    '%65',
    '%41',
    '%c3%a9',
    '%c0%ae',
  ],
  ...[
    ';',
    '?',
    '#',
    '%00',
    '%',
    '%2',
    '%zz',
    '%ef%bc%8e',
    '%ef%bc%8f',
    '%e2%80%a4',
    '%20',
    '~',
    ':',
    '@',
    '%3b',
    '%3f',
    '\0',
    'é',
    '%ff',
  ],
)
const anyByte = fc.nat(255).map((byte) => `%${byte.toString(16).padStart(2, '0')}`)
const target = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: piece },
      anyByte,
      fc.nat(255).map((code) => String.fromCharCode(code)),
    ),
    {
      maxLength: 10,
    },
  )
  .map((pieces) => `/${pieces.join('')}`)

/** What a second decoding would change, and what ends or splits a path. */
const unsafe = /%[0-9a-f]{2}|[\p{Cc}\\]/iu

/** As an upstream would that decodes, decodes twice, or normalises. */
const readings = (path: string) => {
  const once = decodeURIComponent(path)
  return [once, once.normalize('NFKC')]
}

fuzz('path: what passes is canonical, and every upstream stays on it', [target], (text) => {
  const path = canonicalPath(text)
  if (typeof path !== 'string') return
  assert.equal(canonicalPath(path), path)
  assert.equal(new URL(path, 'http://upstream').pathname, path)
  assert.equal(new URL(text, 'http://upstream').host, 'upstream')
  const segments = path.split('/').length
  for (const read of readings(path)) {
    const parts = read.split(/[/\\]/)
    assert.equal(parts.length, segments)
    assert.ok(!parts.includes('.') && !parts.includes('..'))
    assert.doesNotMatch(read, unsafe)
  }
})
