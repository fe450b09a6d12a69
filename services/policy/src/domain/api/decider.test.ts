import type { PolicyEvent } from '@gatehouse/contracts/events'
import { ApiState } from '@gatehouse/contracts/policy/v1/api'
import { givenFor } from '@gatehouse/event-store/testing'
import { expect, test } from 'vitest'
import { api, operation } from './api.fixture.ts'
import { apiDecider } from './decider.ts'

const given = givenFor(apiDecider)
const time = new Date('2026-11-23T04:00:00Z')
const published = (description = api()): PolicyEvent => ({
  type: 'gatehouse.policy.v1.ApiPublished',
  data: { api: description, publishTime: time },
})
const retired: PolicyEvent = {
  type: 'gatehouse.policy.v1.ApiRetired',
  data: { environmentId: 'alpha', apiId: 'orders', retireTime: time },
}
const put = (description = api()) => ({ type: 'put_api', api: description, environmentExists: true, time }) as const
const retire = { type: 'retire_api', environmentId: 'alpha', apiId: 'orders', time } as const

test('a new API is published', () => given([]).when(put()).then([published()]))
test('the same content changes nothing', () => given([published()]).when(put()).then([]))
test('other content is published', () => {
  const changed = api({ operations: [operation('get-order', 'GET /{id}'), operation('list', 'GET /')] })
  given([published()])
    .when(put(changed))
    .then([published(changed)])
})
test('an API is not published in an environment that does not exist', () => {
  given([])
    .when({ ...put(), environmentExists: false })
    .thenRefused('ENVIRONMENT_NOT_FOUND')
})
test('a published API is retired', () => given([published()]).when(retire).then([retired]))
test('a retired API stays so', () => given([published(), retired]).when(retire).then([]))
test('a retired API is published again, even with the same content', () => {
  given([published(), retired]).when(put()).then([published()])
})
test('what does not exist is not retired', () => given([]).when(retire).thenRefused('API_NOT_FOUND'))
test('a retired API keeps its description', () => {
  const state = [published(), retired].reduce(apiDecider.evolve, apiDecider.initialState)
  expect(state).toEqual({ ...api(), state: ApiState.API_STATE_RETIRED })
})
test('an event that is not known is passed over', () => {
  expect(apiDecider.evolve(api(), { type: 'gatehouse.policy.v2.Later', data: {} } as never)).toEqual(api())
})
