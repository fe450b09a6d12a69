import { sharedDatabase } from '@gatehouse/testkit'
import { hash } from '@node-rs/argon2'
import { describe, expect, test } from 'vitest'
import { checkPassword } from './check-password.ts'
import { browser, placeAt, signInOn } from './sign-in.fixture.ts'
import { id, operator, password } from './users.fixture.ts'

const given = signInOn(sharedDatabase)
const failed = (reason: string) => expect.objectContaining({ kind: 'failed', reason, retryAfterSeconds: 0 })

interface Try {
  readonly username: string
  readonly secret?: string
  readonly clientIp?: string
  readonly binding?: string
  readonly nowMs?: number
}

const nowMs = Date.now()
let address = 0
const elsewhere = () => `203.0.113.${address++}`

async function attempt({ username, secret = password, clientIp = elsewhere(), ...more }: Try, parts = given.parts) {
  const place = placeAt({ clientIp, nowMs: more.nowMs ?? nowMs })
  return checkPassword(parts, place, browser('', more.binding ?? id()), { username, password: secret })
}

async function wrong(count: number, guess: Try, parts = given.parts) {
  const outcomes = []
  for (let round = 0; round < count; round++) outcomes.push(await attempt({ secret: 'wrong', ...guess }, parts))
  return outcomes
}

async function throttleRows(): Promise<number> {
  const { rows } = await given.parts.store.pool.query('SELECT count(*)::int AS count FROM token.throttle')
  return rows[0].count
}

test('the right password signs in, whatever the case of the name', async () => {
  const { userId, username } = await operator(given.parts).newUser()
  const outcome = await attempt({ username: username.toUpperCase() })
  expect(outcome).toMatchObject({ kind: 'matches', user: { userId } })
})

describe('fails alike', () => {
  test('a wrong password and an unknown user', async () => {
    const { username } = await operator(given.parts).newUser()
    expect(await attempt({ username, secret: 'wrong' })).toEqual(failed('credentials_invalid'))
    expect(await attempt({ username: `nobody-${id()}` })).toEqual(failed('credentials_invalid'))
  })
  test('they are slowed down alike', async () => {
    const { username } = await operator(given.parts).newUser()
    const [clientIp, other] = [elsewhere(), elsewhere()]
    const known = await wrong(13, { username, clientIp })
    const unknown = await wrong(13, { username: `nobody-${id()}`, clientIp: other })
    expect(unknown.map((outcome) => ({ ...outcome, userId: '' }))).toEqual(
      known.map((outcome) => ({ ...outcome, userId: '' })),
    )
    expect(known.at(-1)).toMatchObject({ reason: 'sign_in_throttled', retryAfterSeconds: 1 })
  })
  test('a user without a password', async () => {
    const { username } = await operator(given.parts).newUser({ secret: '' })
    for (const secret of ['', password]) {
      expect(await attempt({ username, secret })).toEqual(failed('credentials_invalid'))
    }
  })
  test('a suspended user, on record with its own reason', async () => {
    const { userId, username } = await operator(given.parts).newUser()
    await operator(given.parts).suspend(userId)
    expect(await attempt({ username })).toEqual(failed('user_suspended'))
    expect(await attempt({ username, secret: 'wrong' })).toEqual(failed('credentials_invalid'))
  })
  test('a user of another environment', async () => {
    const { username } = await operator(given.parts).newUser({ environmentId: 'beta' })
    expect(await attempt({ username })).toEqual(failed('credentials_invalid'))
  })
  test('the password from before a change', async () => {
    const { userId, username } = await operator(given.parts).newUser()
    await operator(given.parts).setPassword(userId, 'quite another password')
    expect(await attempt({ username })).toEqual(failed('credentials_invalid'))
    expect(await attempt({ username, secret: 'quite another password' })).toMatchObject({ kind: 'matches' })
  })
  test('anybody where users sign in elsewhere', async () => {
    const { username } = await operator(given.parts).newUser()
    const place = placeAt({ localUsers: false })
    const outcome = await checkPassword(given.parts, place, browser(), { username, password })
    expect(outcome).toEqual(failed('local_users_not_allowed'))
  })
})

describe('guesses', () => {
  test('pauses double, and a guess inside a pause is not even looked at', async () => {
    const { username } = await operator(given.parts).newUser()
    const clientIp = elsewhere()
    await wrong(10, { username, clientIp })
    const pauses = []
    let at = nowMs
    for (let round = 0; round < 6; round++) {
      const [outcome] = await wrong(1, { username, clientIp, nowMs: at })
      const wait = outcome?.kind === 'failed' ? outcome.retryAfterSeconds : Number.NaN
      if (wait > 0) pauses.push(wait)
      at += wait * 1000
    }
    expect(pauses).toEqual([1, 2, 4])
    expect(await attempt({ username, clientIp, nowMs: at - 7000 })).toMatchObject({ reason: 'sign_in_throttled' })
  })
  test('50 at once are counted as 50', async () => {
    const { username } = await operator(given.parts).newUser()
    const clientIp = elsewhere()
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => attempt({ username, clientIp, secret: 'wrong' })),
    )
    const taken = outcomes.filter((outcome) => outcome.kind === 'failed' && outcome.reason === 'credentials_invalid')
    expect(taken).toHaveLength(10)
  })
  test('a flood at one account from everywhere slows it down, but not in a browser that its user knows', async () => {
    const { username } = await operator(given.parts).newUser()
    const binding = id()
    expect(await attempt({ username, binding })).toMatchObject({ kind: 'matches' })
    await Promise.all(Array.from({ length: 60 }, () => attempt({ username, secret: 'wrong' })))
    expect(await attempt({ username })).toMatchObject({ reason: 'sign_in_throttled' })
    expect(await attempt({ username, binding })).toMatchObject({ kind: 'matches' })
    const aMinuteLater = { username, nowMs: nowMs + 61_000 }
    expect(await attempt(aMinuteLater)).toMatchObject({ kind: 'matches' })
  })
  test('one address at many accounts is slowed down and fills no table; others are not', async () => {
    const clientIp = elsewhere()
    for (let round = 0; round < 10; round++) {
      await Promise.all(Array.from({ length: 10 }, () => attempt({ username: id(), clientIp, secret: 'wrong' })))
    }
    const { username } = await operator(given.parts).newUser()
    const rowsBefore = await throttleRows()
    expect(await attempt({ username, clientIp })).toMatchObject({ reason: 'sign_in_throttled' })
    expect(await wrong(5, { username: id(), clientIp })).toHaveLength(5)
    expect(await throttleRows()).toBe(rowsBefore)
    expect(await attempt({ username })).toMatchObject({ kind: 'matches' })
  })
  test('a restart forgives nothing', async () => {
    const { username } = await operator(given.parts).newUser()
    const clientIp = elsewhere()
    await wrong(10, { username, clientIp })
    const again = await given.again()
    expect(await attempt({ username, clientIp }, again.parts)).toMatchObject({ reason: 'sign_in_throttled' })
    await again.close()
  })
  test('what succeeds is none: an office shares an address, and a program signs in often', async () => {
    const { username } = await operator(given.parts).newUser()
    const clientIp = elsewhere()
    for (let round = 0; round < 11; round++) {
      const ten = await Promise.all(Array.from({ length: 10 }, () => attempt({ username, clientIp })))
      expect(new Set(ten.map(({ kind }) => kind))).toEqual(new Set(['matches']))
    }
  })
  test('a success starts the count anew', async () => {
    const { username } = await operator(given.parts).newUser()
    const clientIp = elsewhere()
    await wrong(9, { username, clientIp })
    expect(await attempt({ username, clientIp })).toMatchObject({ kind: 'matches' })
    expect((await wrong(10, { username, clientIp })).at(-1)).toEqual(failed('credentials_invalid'))
  })
})

test('a hash with weaker parameters is made anew at the next sign-in', async () => {
  const { userId, username } = await operator(given.parts).newUser()
  const weak = await hash(password, { memoryCost: 8192, timeCost: 1, parallelism: 1 })
  const { pool } = given.parts.store
  await pool.query('UPDATE token.password SET hash = $2 WHERE user_id = $1', [userId, weak])
  expect(await attempt({ username })).toMatchObject({ kind: 'matches' })
  const { rows } = await pool.query('SELECT hash FROM token.password WHERE user_id = $1', [userId])
  expect(rows[0].hash).toContain('m=19456,t=2,p=1')
  expect(await attempt({ username })).toMatchObject({ kind: 'matches' })
})
