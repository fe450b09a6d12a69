import { Api, ApiState, Operation } from '@gatehouse/contracts/policy/v1/api'
import { Enforcement } from '@gatehouse/contracts/policy/v1/enforcement'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { Issuer } from '@gatehouse/contracts/policy/v1/token_settings'
import { PolicyTable } from '@gatehouse/policy-engine'
import { expect, test } from 'vitest'
import { canServe } from './readiness.ts'

const never = Number.POSITIVE_INFINITY
const atMost = (seconds: bigint) => Enforcement.fromPartial({ maxStaleness: { seconds, nanos: 0 } })

/** An environment with the bound, and operations with theirs; undefined sets none. */
function policy(environment: Enforcement | undefined, operations: (Enforcement | undefined)[], issuer = false) {
  const table = new PolicyTable()
  const issued = { ...Issuer.create(), url: 'https://issuer.example' }
  table.replaceEnvironment('alpha', {
    ...{ ...Environment.create(), environmentId: 'alpha', hosts: ['*'] },
    ...{ enforcement: environment, issuer: issuer ? issued : undefined },
  })
  const published = operations.map((enforcement, index) => {
    return { ...Operation.create(), operationId: `o${index}`, method: 'GET', pathTemplate: `/${index}`, enforcement }
  })
  const api: Api = {
    ...{ ...Api.create(), environmentId: 'alpha', apiId: 'orders', state: ApiState.API_STATE_PUBLISHED },
    ...{ upstreams: ['http://127.0.0.1:1'], operations: published },
  }
  expect(table.replaceApi('alpha', 'orders', api)).toBeUndefined()
  return table
}

test.each([
  ['no policy at all', new PolicyTable()],
  ['operations without a bound', policy(undefined, [undefined])],
])('%s: ready, except while the state is unknown', (_, table) => {
  expect(canServe(table, { stalenessMs: 3_600_000, provenStalenessMs: never })).toBe(true)
  expect(canServe(table, { stalenessMs: never, provenStalenessMs: never })).toBe(false)
})

test.each([
  ['one operation of two sets no bound', policy(undefined, [atMost(5n), undefined]), true],
  ['an operation tolerates more than its environment', policy(atMost(5n), [undefined, atMost(60n)]), true],
  ['every operation has passed its own bound', policy(undefined, [atMost(5n), atMost(9n)]), false],
  ['every operation has passed that of its environment', policy(atMost(5n), [undefined]), false],
  ['there is an authorization server without a bound', policy(undefined, [atMost(5n)], true), true],
])('after 10 s, %s', (_, table, ready) => {
  expect(canServe(table, { stalenessMs: 10_000, provenStalenessMs: 10_000 })).toBe(ready)
  expect(canServe(table, { stalenessMs: 1_000, provenStalenessMs: 1_000 })).toBe(true)
})

test('a bound goes by what is proven', () => {
  const byTheMark = { stalenessMs: 1_000, provenStalenessMs: never }
  expect(canServe(policy(undefined, [atMost(5n)]), byTheMark)).toBe(false)
  expect(canServe(policy(undefined, [atMost(5n), undefined]), byTheMark)).toBe(true)
})
