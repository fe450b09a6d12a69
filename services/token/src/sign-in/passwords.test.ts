import { hash } from '@node-rs/argon2'
import { describe, expect, test } from 'vitest'
import { createPasswords, isPassword } from './passwords.ts'

const passwords = createPasswords()
const secret = 'correct horse'

test('a hash is Argon2id with the parameters of today, salted', async () => {
  const [one, other] = await Promise.all([passwords.hash(secret), passwords.hash(secret)])
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(one).not.toBe(other)
})

describe('verify', () => {
  test('the right password matches, in any Unicode composition', async () => {
    const hashed = await passwords.hash('p\u00e4ssword1234')
    expect(await passwords.verify('pa\u0308ssword1234', hashed)).toEqual({ matches: true, outdated: false })
  })
  test.each(['', 'Correct horse', 'correct horse ', 'x'.repeat(100_000)])('not %.20j', async (wrong) =>
    expect(await passwords.verify(wrong, await passwords.hash(secret))).toEqual({ matches: false, outdated: false }),
  )
  test('nobody has no password', async () => {
    expect(await passwords.verify(secret, undefined)).toEqual({ matches: false, outdated: false })
    expect(await passwords.verify('', undefined)).toEqual({ matches: false, outdated: false })
  })
  test('a hash with weaker parameters matches and is outdated', async () => {
    const weak = await hash(secret, { memoryCost: 8192, timeCost: 1, parallelism: 1 })
    expect(await passwords.verify(secret, weak)).toEqual({ matches: true, outdated: true })
    expect(await passwords.verify('wrong', weak)).toEqual({ matches: false, outdated: false })
  })
  test('an unknown user costs what a wrong password costs', async () => {
    const hashed = await passwords.hash(secret)
    // Of the processor, not of the clock: a busy machine takes its time for either.
    const timed = async (against: string | undefined) => {
      const from = process.cpuUsage()
      await passwords.verify('wrong password', against)
      const { user, system } = process.cpuUsage(from)
      return user + system
    }
    const times: { known: number; unknown: number }[] = []
    for (let round = 0; round < 15; round++) times.push({ unknown: await timed(undefined), known: await timed(hashed) })
    const median = (values: number[]) => values.sort((a, b) => a - b)[7] ?? Number.NaN
    const ratio = median(times.map(({ unknown }) => unknown)) / median(times.map(({ known }) => known))
    expect(ratio).toBeGreaterThan(0.5)
    expect(ratio).toBeLessThan(2)
  })
})

test('the work is bounded: who comes when all places are taken is refused at once', async () => {
  const narrow = createPasswords({ concurrency: 1, waitingMax: 2 })
  const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => narrow.verify(secret, undefined)))
  expect(outcomes.map(({ status }) => status)).toEqual([...Array(3).fill('fulfilled'), ...Array(3).fill('rejected')])
  expect(await narrow.verify(secret, undefined)).toEqual({ matches: false, outdated: false })
})

test('a flood does not stop the event loop', async () => {
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  await Promise.all(Array.from({ length: 20 }, () => passwords.verify(secret, undefined)))
  clearInterval(timer)
  expect(turns).toBeGreaterThan(20)
})

test.each([
  ['12 characters', 'x'.repeat(12), true],
  ['256 characters', '\u{1f511}'.repeat(256), true],
  ['11 characters', 'x'.repeat(11), false],
  ['11 characters, one of them composed', `${'x'.repeat(10)}a\u0308`, false],
  ['257 characters', 'x'.repeat(257), false],
  ['nothing', '', false],
])('%s', (_, password, allowed) => expect(isPassword(password)).toBe(allowed))
