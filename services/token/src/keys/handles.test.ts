import { randomBytes } from 'node:crypto'
import { encodeBase32 } from '@gatehouse/credential-format'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createHandles } from './handles.ts'

const handles = createHandles(randomBytes(32))
const handle = { environmentId: 'alpha', id: encodeBase32(randomBytes(10)), number: 7 }

test('a handle is opened as what it was made for', () => {
  fc.assert(
    fc.property(fc.nat(2 ** 32 - 1), (number) => {
      const text = handles.mint('refresh_token', { ...handle, number })
      expect(handles.open('refresh_token', text)).toEqual({ ...handle, number })
    }),
  )
})

test('the same handle is the same text, so a successor can be told again', () => {
  expect(handles.mint('refresh_token', handle)).toBe(handles.mint('refresh_token', handle))
})

test('it is of one kind', () => {
  const code = handles.mint('authorization_code', handle)
  expect(handles.open('refresh_token', code)).toBeUndefined()
  expect(handles.open('refresh_token', `ghr${code.slice(3)}`)).toBeUndefined()
})

test('nobody else can make one', () => {
  const foreign = createHandles(randomBytes(32)).mint('session', handle)
  expect(handles.open('session', foreign)).toBeUndefined()
  expect(handles.open('session', '')).toBeUndefined()
})
