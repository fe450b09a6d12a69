import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { digestUserCode, drawUserCode, readUserCode, showUserCode } from './user-code.ts'

test('a code is read back as it is shown, in any case', () => {
  const code = drawUserCode(randomInt)
  expect(code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{8}$/)
  expect(showUserCode(code)).toMatch(/^\w{4}-\w{4}$/)
  expect(readUserCode(showUserCode(code).toLowerCase())).toBe(code)
  expect(readUserCode(` ${code.slice(0, 3)} ${code.slice(3)}\n`)).toBe(code)
  expect(digestUserCode(code)).toHaveLength(32)
})

test('every letter is used', () => {
  const drawn = new Set(Array.from({ length: 200 }, () => drawUserCode(randomInt)).join(''))
  expect(drawn.size).toBe(20)
})

test.each(['', 'WDJB', 'WDJB-MJH', 'WDJB-MJHTT', 'ADJB-MJHT', 'WDJB_MJHT', '1234-5678', 'WDJBMJHT'.padEnd(40, '-')])(
  '%j is no code',
  (typed) => expect(readUserCode(typed)).toBeUndefined(),
)
