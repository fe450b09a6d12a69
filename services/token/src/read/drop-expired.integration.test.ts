import { randomUUID } from 'node:crypto'
import { sharedDatabase } from '@gatehouse/testkit'
import { expect, test } from 'vitest'
import { checkPassword } from '../sign-in/check-password.ts'
import { browser, placeAt, signInOn } from '../sign-in/sign-in.fixture.ts'
import { operator, password } from '../sign-in/users.fixture.ts'
import { dropExpired, dropUnnamedPasswords } from './drop-expired.ts'

const given = signInOn(sharedDatabase)
const hourMs = 3_600_000
const later = (ms: number) => new Date(Date.now() + ms)

async function remaining(table: string, column: string, ids: readonly string[]): Promise<readonly string[]> {
  const text = `SELECT ${column} AS id FROM token.${table} WHERE ${column} = ANY($1) ORDER BY 1`
  const { rows } = await given.parts.store.pool.query<{ id: string }>(text, [ids])
  return rows.map(({ id }) => id)
}

test('a hash that no user has is dropped, but not while its event may be on its way; one that a user has stays', async () => {
  const { pool } = given.parts.store
  const { userId, username } = await operator(given.parts).newUser()
  const unnamed = randomUUID()
  await given.parts.signIn.passwordTable.keep(unnamed, userId, 'a hash')
  await dropUnnamedPasswords(pool, later(hourMs / 2))
  expect(await remaining('password', 'password_id', [unnamed])).toEqual([unnamed])
  await dropUnnamedPasswords(pool, later(2 * hourMs))
  expect(await remaining('password', 'password_id', [unnamed])).toEqual([])
  const place = placeAt({ clientIp: '203.0.113.1', nowMs: Date.now() })
  const signedIn = await checkPassword(given.parts, place, browser('', ''), { username, password })
  expect(signedIn).toMatchObject({ kind: 'matches', user: { userId } })
})

test('a grant is dropped 30 days after its end', async () => {
  const { pool } = given.parts.store
  const [old, recent] = [randomUUID(), randomUUID()]
  const insert = (id: string, endedDays: number) =>
    pool.query(
      `INSERT INTO token."grant" (grant_id, environment_id, client_id, user_id, session_id, start_time, expire_time,
         revoked, message) VALUES ($1, 'alpha', 'c', 'u', 's', now(), $2, false, '')`,
      [id, later(-endedDays * 24 * hourMs)],
    )
  await insert(old, 31)
  await insert(recent, 29)
  await dropExpired(pool, new Date())
  expect(await remaining('"grant"', 'grant_id', [old, recent])).toEqual([recent])
})
