import type { PolicyEvent } from '@gatehouse/contracts/events'
import { ApiState } from '@gatehouse/contracts/policy/v1/api'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { Issuer, TokenSettings } from '@gatehouse/contracts/policy/v1/token_settings'
import { givenFor } from '@gatehouse/event-store/testing'
import { expect, test } from 'vitest'
import { api, operation } from './api.fixture.ts'
import { apiDecider, resourceClaims } from './decider.ts'

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
const issuer = Issuer.fromPartial({ url: 'https://alpha.example' })
const environment: Environment = { ...Environment.create(), environmentId: 'alpha', issuer }
const put = (description = api()) => ({ type: 'put_api', api: description, environment, time }) as const
const withResource = (resource: string) => api({ tokens: { ...TokenSettings.create(), resource } })
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
    .when({ ...put(), environment: undefined })
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

test.each(['https://alpha.example', 'https://alpha.example/', 'https://alpha.example/payments'])(
  'the audience %s, which could be that of another API, is refused',
  (resource) => {
    given([])
      .when(put(withResource(resource)))
      .thenRefused('INVALID_FIELD')
  },
)
test('its own audience below the issuer may be spelt out', () => {
  const spelt = withResource('https://alpha.example/orders')
  given([])
    .when(put(spelt))
    .then([published(spelt)])
})
test('an audience is claimed in its environment until the API is retired', () => {
  const described = withResource('urn:orders')
  expect(resourceClaims(described, 'api-alpha.orders')).toEqual([
    { kind: 'resource', value: 'alpha urn:orders', owner: 'api-alpha.orders' },
  ])
  expect(resourceClaims({ ...described, state: ApiState.API_STATE_RETIRED }, 'api-alpha.orders')).toEqual([])
  expect(resourceClaims(api(), 'api-alpha.orders')).toEqual([])
})
