import { GrantRevocationReason, GrantState } from '@gatehouse/contracts/token/v1/grant'
import { CutoffSubject } from '@gatehouse/contracts/token/v1/revocation'
import { sharedDatabase } from '@gatehouse/testkit'
import { decodeJwt } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { Browser, id, newUser, requestOf } from '../../test/browser.ts'
import { type GivenClient, secretIn } from '../../test/other-services.ts'
import { authorizationServerOn } from '../../test/running-server.ts'
import { issued, outcome, redeem, refresh, tally } from '../../test/token-request.ts'

const given = authorizationServerOn(sharedDatabase)
let app: GivenClient
let operators: Awaited<ReturnType<typeof given.operators>>
let user: Awaited<ReturnType<typeof newUser>>
let visitor: Browser

beforeAll(async () => {
  app = await given.client('public')
  operators = await given.operators()
  user = await newUser(operators)
  visitor = new Browser(() => given.service)
})

/** A family of refresh tokens, from the first. */
const family = async (client = app, more: Record<string, string | undefined> = {}) => {
  const { code } = await visitor.authorize(requestOf(client.clientId, more), user.username)
  const answer = await redeem(given.service, client, code)
  return { first: issued(answer).refreshToken, grantId: answer.facts?.grantId ?? '' }
}
const stateOf = async (grantId: string) => {
  const { grant } = await operators.getGrant({ grantId })
  return [grant?.state, grant?.revocationReason]
}
const { GRANT_STATE_REVOKED: REVOKED } = GrantState
const { GRANT_REVOCATION_REASON_REFRESH_TOKEN_REUSED: REUSED } = GrantRevocationReason

describe('rotation', () => {
  test('a refresh token gives an access token and its successor; the ID token has no nonce', async () => {
    const { first, grantId } = await family(app, { nonce: 'n1' })
    const answer = await refresh(given.service, app, first)
    const tokens = issued(answer)
    expect(tokens.refreshToken).not.toBe(first)
    expect(decodeJwt(tokens.accessToken)).toMatchObject({ sub: user.userId, grant_id: grantId })
    expect(decodeJwt(tokens.idToken)).toMatchObject({ sub: user.userId, aud: app.clientId })
    expect(decodeJwt(tokens.idToken)['nonce']).toBeUndefined()
    expect(answer.facts).toMatchObject({ reason: 'ok', grantType: 'refresh_token', grantId })
  })
  test('of a confidential client too', async () => {
    const web = await given.client('confidential')
    const { first } = await family(web)
    const { refreshToken } = issued(await refresh(given.service, web, first))
    expect(refreshToken).not.toBe(first)
    expect(outcome(await refresh(given.service, app, refreshToken))).toBe('invalid_grant: grant_of_another_client')
    expect(outcome(await refresh(given.service, web, refreshToken))).toBe('issued')
  })
  test('for less; the next one may have all again', async () => {
    const { first } = await family()
    const less = issued(await refresh(given.service, app, first, { scope: 'orders.read' }))
    expect([less.scope, less.idToken]).toEqual(['orders.read', ''])
    expect(issued(await refresh(given.service, app, less.refreshToken)).scope).toBe('openid orders.read')
  })
  test('an answer that was lost is given again within the window: the same successor', async () => {
    const { first } = await family()
    const { refreshToken } = issued(await refresh(given.service, app, first))
    await given.restart()
    expect(issued(await refresh(given.service, app, first)).refreshToken).toBe(refreshToken)
    expect(outcome(await refresh(given.service, app, refreshToken))).toBe('issued')
  })
})

describe('50 at once, at two instances', () => {
  test('one family: all get the same successor, which works', async () => {
    const other = await given.another()
    const { first, grantId } = await family()
    const instances = Array.from({ length: 50 }, (_, index) => (index % 2 ? other : given.service))
    const answers = await Promise.all(instances.map((service) => refresh(service, app, first)))
    const successors = new Set(answers.map((answer) => issued(answer).refreshToken))
    expect(successors.size).toBe(1)
    expect((await operators.getGrant({ grantId })).grant?.version).toBe(3n)
    expect(outcome(await refresh(given.service, app, [...successors][0] ?? ''))).toBe('issued')
  })
  test('reuse: the family dies once, nobody gets anything', async () => {
    const { first, grantId } = await family()
    const second = issued(await refresh(given.service, app, first)).refreshToken
    const third = issued(await refresh(given.service, app, second)).refreshToken
    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(given.service, app, first)))
    expect(tally(answers.map(outcome))).toEqual({
      'invalid_grant: refresh_token_reused': 1,
      'invalid_grant: grant_revoked': 49,
    })
    expect(await stateOf(grantId)).toEqual([REVOKED, REUSED])
    expect(outcome(await refresh(given.service, app, third))).toBe('invalid_grant: grant_revoked')
  })
  test('reuse beside the rightful client: in whatever order, the family is dead after', async () => {
    const { first, grantId } = await family()
    const second = issued(await refresh(given.service, app, first)).refreshToken
    const third = issued(await refresh(given.service, app, second)).refreshToken
    const answers = await Promise.all([first, third].map((token) => refresh(given.service, app, token)))
    expect(outcome(answers[0]!)).toBe('invalid_grant: refresh_token_reused')
    expect(await stateOf(grantId)).toEqual([REVOKED, REUSED])
  })
})

describe('refused, and the family lives', () => {
  test.each([
    ['more than was granted', { scope: 'orders.read orders.write' }, 'invalid_scope: scope_invalid'],
    ['an unknown scope', { scope: 'orders.delete' }, 'invalid_scope: scope_invalid'],
    ['another resource', { resource: 'https://id.example/billing' }, 'invalid_target: resource_unknown'],
    ['a forged token', { refresh_token: 'ghr_alpha_x' }, 'invalid_grant: refresh_token_invalid'],
    ['no token', { refresh_token: '' }, 'invalid_request: parameter_missing'],
  ])('%s', async (_, values, refusal) => {
    const { first } = await family()
    expect(outcome(await refresh(given.service, app, first, values))).toBe(refusal)
    expect(outcome(await refresh(given.service, app, first))).toBe('issued')
  })
  test('another client', async () => {
    const other = await given.client('public')
    const { first } = await family()
    expect(outcome(await refresh(given.service, other, first))).toBe('invalid_grant: grant_of_another_client')
    expect(outcome(await refresh(given.service, app, first))).toBe('issued')
  })
})

describe('revoked', () => {
  test('by an operator', async () => {
    const { first, grantId } = await family()
    const { grant } = await operators.revokeGrant({ requestId: id(), grantId })
    expect(grant?.state).toBe(REVOKED)
    expect(outcome(await refresh(given.service, app, first))).toBe('invalid_grant: grant_revoked')
  })
  test('its client was suspended', async () => {
    const client = await given.client('public')
    const { first } = await family(client)
    const data = { clientId: client.clientId, reason: '', suspendTime: new Date() }
    given.logs.credential.append(`client-${client.clientId}`, { type: 'gatehouse.credential.v1.ClientSuspended', data })
    await given.followed()
    expect(outcome(await refresh(given.service, client, first))).toBe('invalid_client: client_suspended')
  })
  test.each([
    ['its client', CutoffSubject.CUTOFF_SUBJECT_CLIENT],
    ['its user', CutoffSubject.CUTOFF_SUBJECT_USER],
    ['the environment', CutoffSubject.CUTOFF_SUBJECT_ENVIRONMENT],
  ])('all of %s from before now: at once, and not what comes after', async (_, subject) => {
    const { first } = await family()
    const ids: Record<number, string> = { 1: app.clientId, 2: user.userId, 3: '' }
    const cutoff = { environmentId: 'alpha', subject, subjectId: ids[subject] ?? '', before: undefined, reason: '' }
    await operators.revokeTokensBefore({ requestId: id(), ...cutoff })
    expect(outcome(await refresh(given.service, app, first))).toBe('invalid_grant: grant_revoked')
    visitor = new Browser(() => given.service)
    const { first: later } = await family()
    expect(outcome(await refresh(given.service, app, later))).toBe('issued')
  })
  test('its user was suspended: at once', async () => {
    const { userId, username } = await newUser(operators)
    const { code } = await new Browser(() => given.service).authorize(requestOf(app.clientId), username)
    const { refreshToken } = issued(await redeem(given.service, app, code))
    await operators.suspendUser({ requestId: id(), userId, reason: '' })
    expect(outcome(await refresh(given.service, app, refreshToken))).toMatch(/^invalid_grant: /)
  })
  test('a secret of its client was revoked: what was issued by then is refused, also to who has another', async () => {
    const web = await given.client('confidential')
    const { first } = await family(web)
    const { clientId, clientSecretId } = web
    const rotated = { ...web, ...secretIn(given.logs, clientId) }
    await given.followed()
    const { refreshToken } = issued(await refresh(given.service, rotated, first))
    given.logs.credential.append(`client_secret-${clientSecretId}`, {
      type: 'gatehouse.credential.v1.ClientSecretRevoked',
      data: { clientSecretId, clientId, reason: 'leaked', revokeTime: new Date() },
    })
    await given.followed()
    expect(outcome(await refresh(given.service, web, refreshToken))).toBe('invalid_client: client_secret_revoked')
    expect(outcome(await refresh(given.service, rotated, refreshToken))).toBe('invalid_grant: grant_revoked')
    const { first: later } = await family(rotated)
    expect(outcome(await refresh(given.service, rotated, later))).toBe('issued')
  })
})

test('grants are listed newest first, page by page', async () => {
  const client = await given.client('public')
  const made = [await family(client), await family(client), await family(client)].map(({ grantId }) => grantId)
  const of = { environmentId: 'alpha', clientId: client.clientId, userId: '', pageSize: 2 }
  const one = await operators.listGrants({ ...of, pageToken: '' })
  const two = await operators.listGrants({ ...of, pageToken: one.nextPageToken })
  expect([...one.grants, ...two.grants].map(({ grant }) => grant?.grantId)).toEqual(made.toReversed())
  expect(two.nextPageToken).toBe('')
  await expect(operators.listGrants({ ...of, pageToken: 'x' })).rejects.toMatchObject({ reason: 'INVALID_FIELD' })
})
