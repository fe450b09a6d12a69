import { sharedDatabase } from '@gatehouse/testkit'
import { describe, expect, test } from 'vitest'
import { beginSession, endSession, liveSession } from './sessions.ts'
import { browser, placeAt, signInOn } from './sign-in.fixture.ts'
import { operator } from './users.fixture.ts'

const cutoffs = new Map<string, Date>()
const given = signInOn(sharedDatabase, { cutoffs })

async function begin(userId: string, token = '', place = placeAt()) {
  const { session, newSession } = await beginSession(given.parts, place, browser(token), {
    ...{ userId, method: 'pwd', providerId: '' },
  })
  return { sessionId: session.sessionId, token: newSession.sessionToken, maxAge: newSession.maxAgeSeconds }
}

const live = (token: string, place = placeAt()) => liveSession(given.parts, place, browser(token))
const tasks = async (userId: string) =>
  (await given.parts.store.pool.query('SELECT noun, id FROM token.sign_out_task WHERE user_id = $1', [userId])).rows

test('a session token leads to its user, from any browser that holds it', async () => {
  const user = await operator(given.parts).newUser()
  const { token, sessionId, maxAge } = await begin(user.userId)
  expect(token).toMatch(/^ghu_alpha_/)
  expect(maxAge).toBe(3600n)
  expect(await live(token)).toMatchObject({ user: { userId: user.userId }, session: { sessionId } })
  const { rows } = await given.parts.store.pool.query('SELECT data FROM token.event')
  const secret = token.split('_')[3] ?? 'none'
  expect(Buffer.concat(rows.map(({ data }) => data)).includes(secret)).toBe(false)
})

test('who signs in again keeps the session with another token', async () => {
  const { userId } = await operator(given.parts).newUser()
  const first = await begin(userId)
  const second = await begin(userId, first.token)
  expect(second.sessionId).toBe(first.sessionId)
  expect(await live(first.token)).toBeUndefined()
  expect(await live(second.token)).toMatchObject({ number: 2 })
})

test('another user in the same browser ends the session of the first', async () => {
  const [one, other] = [await operator(given.parts).newUser(), await operator(given.parts).newUser()]
  const first = await begin(one.userId)
  const second = await begin(other.userId, first.token)
  expect(second.sessionId).not.toBe(first.sessionId)
  expect(await live(first.token)).toBeUndefined()
  expect(await tasks(one.userId)).toEqual([{ noun: 'session', id: first.sessionId }])
})

test('a session that was planted in the browser is not the one that begins', async () => {
  const [victim, attacker] = [await operator(given.parts).newUser(), await operator(given.parts).newUser()]
  const planted = await begin(attacker.userId)
  const { token } = await begin(victim.userId, planted.token)
  expect(await live(planted.token)).toBeUndefined()
  expect(await live(token)).toMatchObject({ user: { userId: victim.userId } })
})

describe('nobody is signed in', () => {
  test('after the end of the session, which is noted once', async () => {
    const { userId } = await operator(given.parts).newUser()
    const { token, sessionId } = await begin(userId)
    await endSession(given.parts, sessionId)
    await endSession(given.parts, sessionId)
    expect(await live(token)).toBeUndefined()
    expect(await tasks(userId)).toEqual([{ noun: 'session', id: sessionId }])
  })
  test('when the session is too old', async () => {
    const { token } = await begin((await operator(given.parts).newUser()).userId)
    expect(await live(token, placeAt({ nowMs: Date.now() + 3_590_000 }))).toBeDefined()
    expect(await live(token, placeAt({ nowMs: Date.now() + 3_600_000 }))).toBeUndefined()
  })
  test('in another environment', async () => {
    const { token } = await begin((await operator(given.parts).newUser()).userId)
    expect(await live(token, placeAt({ environmentId: 'beta' }))).toBeUndefined()
  })
  test('once the user is suspended, at once; nor can it sign in', async () => {
    const { userId } = await operator(given.parts).newUser()
    const { token } = await begin(userId)
    await operator(given.parts).suspend(userId)
    expect(await live(token)).toBeUndefined()
    expect(await tasks(userId)).toEqual([{ noun: 'user', id: userId }])
    await expect(begin(userId)).rejects.toMatchObject({ reason: 'USER_SUSPENDED' })
  })
  test('once the password is another one, at once', async () => {
    const { userId } = await operator(given.parts).newUser()
    const { token } = await begin(userId)
    await operator(given.parts).setPassword(userId, 'quite another password')
    expect(await live(token)).toBeUndefined()
    expect(await tasks(userId)).toEqual([{ noun: 'user', id: userId }])
    expect(await live((await begin(userId)).token)).toBeDefined()
  })
  test.each(['alpha/', 'user'])('once everything from before is revoked: %s', async (whose) => {
    const { userId } = await operator(given.parts).newUser()
    const { token } = await begin(userId)
    const subject = whose === 'user' ? `alpha/${userId}` : whose
    cutoffs.set(subject, new Date(Date.now() + 1))
    expect(await live(token)).toBeUndefined()
    cutoffs.delete(subject)
  })
  test.each(['', 'ghu_', `ghu_alpha_${'a'.repeat(16)}_${'a'.repeat(52)}_aaaaaaa`, 'x'.repeat(10_000)])(
    'by the token %.60j',
    async (token) => expect(await live(token)).toBeUndefined(),
  )
  test('by the token of another kind for the same id', async () => {
    const { sessionId } = await begin((await operator(given.parts).newUser()).userId)
    const handle = { environmentId: 'alpha', id: sessionId, number: 1 }
    expect(await live(given.parts.handles.mint('device_code', handle))).toBeUndefined()
    expect(await live(given.parts.handles.mint('session', { ...handle, number: 2 }))).toBeUndefined()
  })
})

test('an unknown user has no session', async () => {
  await expect(begin('nobody')).rejects.toMatchObject({ reason: 'USER_NOT_FOUND' })
})
