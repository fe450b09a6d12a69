import { UserClaims, UserState } from '@gatehouse/contracts/token/v1/grant'
import { sharedDatabase } from '@gatehouse/testkit'
import { describe, expect, test } from 'vitest'
import { signInOn } from '../sign-in/sign-in.fixture.ts'
import { context, id, operator, password } from '../sign-in/users.fixture.ts'

const given = signInOn(sharedDatabase)
const refused = (status: string, reason: string) => expect.objectContaining({ status, reason })
const rows = async (text: string, values: readonly unknown[] = []) =>
  (await given.parts.store.pool.query(text, [...values])).rows

test('a user is made, found by name in any case, changed, suspended and resumed', async () => {
  const { newUser, ...operators } = operator(given.parts)
  const { userId, ...user } = await newUser({ username: `Ada-${id()}` })
  expect(user).toMatchObject({
    environmentId: 'alpha',
    hasPassword: true,
    state: UserState.USER_STATE_ACTIVE,
    version: 2n,
  })
  const found = await operators.listUsers({
    ...{ environmentId: 'alpha', username: user.username.toUpperCase(), pageSize: 0, pageToken: '' },
  })
  expect(found.users).toEqual([expect.objectContaining({ userId })])
  const claims = UserClaims.fromPartial({ name: 'Ada L.', email: 'ada@example.com', locale: 'en-GB' })
  const changed = await operators.changeUser({ requestId: id(), userId, claims, expectedVersion: 2n }, context)
  expect(changed.user).toMatchObject({ version: 3n, claims: { email: 'ada@example.com' } })
  await operators.suspend(userId)
  expect((await operators.getUser({ userId })).user?.state).toBe(UserState.USER_STATE_SUSPENDED)
  await operators.resume(userId)
  expect((await operators.getUser({ userId })).user?.state).toBe(UserState.USER_STATE_ACTIVE)
})

test('a list goes on where its page ended', async () => {
  const { newUser, listUsers } = operator(given.parts)
  const made = [await newUser({ environmentId: 'paged' }), await newUser({ environmentId: 'paged' })]
  const ids = made.map(({ userId }) => userId).sort()
  const first = await listUsers({ environmentId: 'paged', username: '', pageSize: 1, pageToken: '' })
  const second = await listUsers({ environmentId: 'paged', username: '', pageSize: 1, pageToken: first.nextPageToken })
  expect([...first.users, ...second.users].map(({ userId }) => userId)).toEqual(ids)
  expect(second.nextPageToken).toBe('')
})

test('a password stands in no event, no stored answer and no hash of a request', async () => {
  const { newUser } = operator(given.parts)
  const secret = `canary ${id()} of a password`
  const { userId } = await newUser({ secret })
  const [kept] = await rows('SELECT hash FROM token.password WHERE user_id = $1', [userId])
  expect(kept.hash).toMatch(/^\$argon2id\$/)
  const bytes = Buffer.concat([
    ...(await rows('SELECT data FROM token.event')).map(({ data }) => data),
    ...(await rows('SELECT reply FROM token.command')).map(({ reply }) => reply),
  ])
  expect(bytes.includes(secret)).toBe(false)
  expect(bytes.includes('argon2')).toBe(false)
})

test('a replaced password leaves no hash behind, nor does a repeated request', async () => {
  const { newUser, setUserPassword } = operator(given.parts)
  const { userId } = await newUser()
  const request = { requestId: id(), userId, password: 'another long password' }
  const first = await setUserPassword(request, context)
  expect(await setUserPassword(request, context)).toEqual(first)
  expect(await rows('SELECT FROM token.password WHERE user_id = $1', [userId])).toHaveLength(1)
  const other = setUserPassword({ ...request, password: 'a different password' }, context)
  await expect(other).rejects.toEqual(refused('FAILED_PRECONDITION', 'REQUEST_ID_REUSED'))
  expect(await rows('SELECT FROM token.password WHERE user_id = $1', [userId])).toHaveLength(1)
})

test('of passwords that are set at once one counts, and its hash is there', async () => {
  const { newUser, setPassword, changeUser } = operator(given.parts)
  const { userId, username } = await newUser()
  const secrets = Array.from({ length: 6 }, (_, number) => `a long password, number ${number}`)
  const changes = secrets.map((name) =>
    changeUser(
      { requestId: id(), userId, claims: UserClaims.fromPartial({ name }), expectedVersion: undefined },
      context,
    ),
  )
  await Promise.all([...secrets.map((secret) => setPassword(userId, secret)), ...changes])
  const found = await given.parts.signIn.users.byUsername('alpha', username)
  const matches = await Promise.all(
    secrets.map(async (secret) => (await given.parts.signIn.passwords.verify(secret, found?.hash)).matches),
  )
  expect(matches.filter((match) => match)).toHaveLength(1)
  expect(await rows('SELECT FROM token.password WHERE user_id = $1', [userId])).toHaveLength(1)
})

describe('refused', () => {
  test('a name that is taken, in any spelling, in its environment only', async () => {
    const { newUser } = operator(given.parts)
    const name = `\u00e9va-${id()}`
    await newUser({ username: name })
    const taken = refused('ALREADY_EXISTS', 'USERNAME_EXISTS')
    await expect(newUser({ username: name.toUpperCase().normalize('NFD') })).rejects.toEqual(taken)
    await newUser({ username: name, environmentId: 'beta' })
    expect(
      await rows('SELECT FROM token.password LEFT JOIN token."user" USING (password_id) WHERE "user".user_id IS NULL'),
    ).toEqual([])
  })
  test('of 8 users with one name at once there is one', async () => {
    const { newUser } = operator(given.parts)
    const username = `race-${id()}`
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => newUser({ username })))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
  test("an account at a provider that is another user's", async () => {
    const { newUser, link } = operator(given.parts)
    const [one, other] = [await newUser(), await newUser()]
    const subject = id()
    await link(one.userId, subject)
    await expect(link(other.userId, subject)).rejects.toEqual(refused('ALREADY_EXISTS', 'PROVIDER_LINK_EXISTS'))
    await link(one.userId, id())
    expect((await link(other.userId, subject)).user?.links).toMatchObject([{ providerSubject: subject }])
  })
  test('what does not exist', async () => {
    const { suspend, link, setPassword, getUser } = operator(given.parts)
    const missing = refused('NOT_FOUND', 'USER_NOT_FOUND')
    await expect(suspend('nobody')).rejects.toEqual(missing)
    await expect(link('nobody', 'x')).rejects.toEqual(missing)
    await expect(setPassword('nobody', password)).rejects.toEqual(missing)
    await expect(getUser({ userId: 'nobody' })).rejects.toEqual(missing)
    expect(await rows("SELECT FROM token.password WHERE user_id = 'nobody'")).toEqual([])
  })
  test('wrong fields, naming each', async () => {
    const { createUser } = operator(given.parts)
    const claims = UserClaims.fromPartial({ email: 'nope', name: 'a\nb' })
    const request = { requestId: '', environmentId: 'A', username: 'a b', password: 'short', claims }
    const fields = ['request_id', 'environment_id', 'username', 'claims.name', 'claims.email', 'password']
    await expect(createUser(request, context)).rejects.toMatchObject({
      status: 'INVALID_ARGUMENT',
      violations: expect.arrayContaining(fields.map((field) => expect.objectContaining({ field }))),
    })
  })
  test('a list by name without an environment', async () => {
    const { listUsers } = operator(given.parts)
    const request = { environmentId: '', username: 'ada', pageSize: 0, pageToken: '' }
    await expect(listUsers(request)).rejects.toMatchObject({ violations: [{ field: 'environment_id' }] })
  })
  test('an empty password for a user that has one', async () => {
    const { newUser, setPassword } = operator(given.parts)
    const { userId } = await newUser()
    await expect(setPassword(userId, '')).rejects.toMatchObject({ violations: [{ field: 'password' }] })
  })
})
