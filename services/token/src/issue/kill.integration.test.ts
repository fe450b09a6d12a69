import { sharedDatabase, waitFor } from '@gatehouse/testkit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Browser, newUser, requestOf } from '../../test/browser.ts'
import type { GivenClient } from '../../test/other-services.ts'
import { authorizationServerOn } from '../../test/running-server.ts'
import type { SpawnedInstance } from '../../test/spawned-instance.ts'
import { issued, outcome, redeem, refresh } from '../../test/token-request.ts'

// The instance is killed in the moment in which the commit is seen from outside: before its answer is out, or just after.

const given = authorizationServerOn(sharedDatabase)
let app: GivenClient
let visitor: Browser
let username: string
let instance: SpawnedInstance
let postgres: pg.Client

beforeAll(async () => {
  app = await given.client('public')
  username = (await newUser(await given.operators())).username
  visitor = new Browser(() => given.service)
  postgres = new pg.Client(given.postgresUrl)
  await postgres.connect()
  await postgres.query(`
    CREATE FUNCTION token.tell() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_notify('appended', NEW.stream || ' ' || NEW.type); RETURN NULL; END $$;
    CREATE TRIGGER tell AFTER INSERT ON token.event FOR EACH ROW EXECUTE FUNCTION token.tell();
    LISTEN appended`)
})
afterAll(async () => {
  await instance?.kill()
  await postgres.end()
})

/** An instance that knows the client. */
const ready = async () => {
  instance = await given.spawn()
  const known = async () => outcome(await refresh(instance, app, 'x')) === 'invalid_grant: refresh_token_invalid'
  await waitFor(known, { what: 'the instance is ready', timeoutMs: 30_000, intervalMs: 50 })
}
const newCode = async () => (await visitor.authorize(requestOf(app.clientId), username)).code ?? ''

/** Kills the instance at the commit of an event of this type; answers what the request came to, if it was heard. */
const killedAt = async (type: string, request: () => ReturnType<typeof redeem>) => {
  const committed = new Promise<void>((resolve) => {
    const onCommit = ({ payload = '' }: pg.Notification) => {
      if (!payload.endsWith(type)) return
      postgres.off('notification', onCommit)
      resolve()
    }
    postgres.on('notification', onCommit)
  })
  const asked = request().catch(() => undefined)
  await committed
  await instance.kill()
  return asked
}
const countOf = async (grantId: string, type: string) => {
  const text = 'SELECT count(*)::int AS count FROM token.event WHERE stream = $1 AND type = $2'
  const { rows } = await postgres.query<{ count: number }>(text, [`grant-${grantId}`, `gatehouse.token.v1.${type}`])
  return rows[0]?.count
}

// What happened is asked of another instance on the same database, at once: the retry window is short.
describe.each([1, 2])('kill -9, round %d', () => {
  test('a code that was redeemed is redeemed, whether its client heard of it or not', async () => {
    await ready()
    const code = await newCode()
    const heard = await killedAt('AuthorizationCodeRedeemed', () => redeem(instance, app, code))
    if (heard) expect(outcome(heard)).toBe('issued')
    const again = await redeem(given.service, app, code)
    expect(outcome(again)).toBe('invalid_grant: code_replayed')
    expect(await countOf(again.facts?.grantId ?? '', 'AuthorizationCodeRedeemed')).toBe(1)
  })

  test('a refresh token that was rotated has one successor, which is told again', async () => {
    await ready()
    const first = issued(await redeem(instance, app, await newCode())).refreshToken
    const heard = await killedAt('RefreshTokenRotated', () => refresh(instance, app, first))
    const again = await refresh(given.service, app, first)
    const successor = issued(again).refreshToken
    if (heard) expect(issued(heard).refreshToken).toBe(successor)
    expect(await countOf(again.facts?.grantId ?? '', 'RefreshTokenRotated')).toBe(1)
    expect(outcome(await refresh(given.service, app, successor))).toBe('issued')
  })
})
