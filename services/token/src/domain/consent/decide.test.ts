import type { TokenEvent } from '@gatehouse/contracts/events'
import { givenFor } from '@gatehouse/event-store/testing'
import { describe, expect, test } from 'vitest'
import { qualifiedScope, unqualifiedScope } from './consent.ts'
import { type ConsentCommand, consent } from './decide.ts'

const given = givenFor(consent)
const time = new Date('2026-11-23T12:00:00Z')
const parties = { environmentId: 'alpha', userId: 'user1', clientId: 'app' }
const details = '[{"type":"payment","amount":5}]'

const event = (scopes: readonly string[], authorizationDetails = ''): TokenEvent => {
  const data = { ...parties, scopes, authorizationDetails, consentTime: time }
  return { type: 'gatehouse.token.v1.ConsentGiven', data }
}
const withdrawn: TokenEvent = {
  type: 'gatehouse.token.v1.ConsentWithdrawn',
  data: { ...parties, withdrawTime: time },
}
const command = (type: 'give' | 'require', scopes: readonly string[], authorizationDetails = ''): ConsentCommand => {
  return { type, ...parties, scopes, authorizationDetails, time }
}
const withdraw: ConsentCommand = { type: 'withdraw', ...parties, time }
const [read, write] = ['orders/read', 'orders/write']

describe('happens', () => {
  test('given', () =>
    given([])
      .when(command('give', [read]))
      .then([event([read])]))
  test('given more: all of it is remembered', () =>
    given([event([read])])
      .when(command('give', [write, read]))
      .then([event([read, write])]))
  test('given for one thing: every time anew', () =>
    given([event([read], details)])
      .when(command('give', [read], details))
      .then([event([read], details)]))
  test('given again after it was withdrawn', () =>
    given([event([read, write]), withdrawn])
      .when(command('give', [read]))
      .then([event([read])]))
  test('withdrawn', () =>
    given([event([read])])
      .when(withdraw)
      .then([withdrawn]))
})

describe('changes nothing', () => {
  test('given twice', () =>
    given([event([read, write])])
      .when(command('give', [read]))
      .then([]))
  test('remembered', () =>
    given([event([read, write])])
      .when(command('require', [write]))
      .then([]))
  test('withdrawn before it was given', () => given([]).when(withdraw).then([]))
  test('withdrawn twice', () =>
    given([event([read]), withdrawn])
      .when(withdraw)
      .then([]))
})

describe('refused', () => {
  test('never given', () =>
    given([])
      .when(command('require', [read]))
      .thenRefused('CONSENT_REQUIRED'))
  test('never given, for nothing', () => given([]).when(command('require', [])).thenRefused('CONSENT_REQUIRED'))
  test('more than was given', () =>
    given([event([read])])
      .when(command('require', [read, write]))
      .thenRefused('CONSENT_REQUIRED'))
  test('the same scope of another API', () =>
    given([event([read])])
      .when(command('require', ['billing/read']))
      .thenRefused('CONSENT_REQUIRED'))
  test('withdrawn', () =>
    given([event([read]), withdrawn])
      .when(command('require', [read]))
      .thenRefused('CONSENT_REQUIRED'))
  test('one thing, agreed to before', () =>
    given([event([read], details)])
      .when(command('require', [read], details))
      .thenRefused('CONSENT_REQUIRED'))
})

test.each([
  ['orders', 'read', 'orders/read'],
  ['orders', 'https://x/read', 'orders/https://x/read'],
  ['', 'openid', 'openid'],
])('a scope of API %j: %s', (apiId, scope, qualified) => {
  expect(qualifiedScope(apiId, scope)).toBe(qualified)
  expect(unqualifiedScope(qualified)).toEqual({ apiId, scope })
})
