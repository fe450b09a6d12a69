import { compilePolicy } from '@gatehouse/policy-engine'
import { expect, test } from 'vitest'
import { issuingPolicy } from '../../test/authorizing.ts'
import { oauthRoute } from './router.ts'

function routed(path: string, url = 'https://id.example', environmentId = 'alpha') {
  const environment = compilePolicy(issuingPolicy('http://127.0.0.1:1', url)).environment(environmentId)
  const route = oauthRoute(environment, path)
  return route && [route.endpoint, route.apiId, route.below]
}

test.each([
  ['/oauth2/v2/token', 'token', '', ''],
  ['/orders/oauth2/v2/token', 'token', 'orders', ''],
  ['/oauth2/v2/federation/callback', 'federation/callback', '', ''],
  ['/oauth2/v2/register/c1', 'register', '', 'c1'],
  ['/oauth2/v2/assets/x.css', 'assets', '', 'x.css'],
  ['/.well-known/jwks.json', '/jwks.json', '', ''],
  ['/.well-known/openid-configuration', '/openid-configuration', '', ''],
  ['/.well-known/oauth-protected-resource/orders', '/oauth-protected-resource', '', 'orders'],
  ['/.well-known/oauth-protected-resource/v1/basket', '/oauth-protected-resource', '', 'v1/basket'],
])('%s leads to %s', (path, ...route) => {
  expect(routed(path)).toEqual(route)
})

test.each([
  '/',
  '/orders/items',
  '/oauth2/v2',
  '/nothing/oauth2/v2/token',
  '/orders/deeper/oauth2/v2/token',
  '/__proto__/oauth2/v2/token',
  '/orders/.well-known/jwks',
  '/.well-known/jwks/more',
  '/.well-known/oauth-authorization-server/other',
  '/.well-known/oauth-protected-resource',
])('%s is none of its paths', (path) => {
  expect(routed(path)).toBeUndefined()
})

test('an environment without issuer has no such paths', () => {
  for (const path of ['/oauth2/v2/token', '/.well-known/jwks']) expect(routed(path, '', 'plain')).toBeUndefined()
  expect(oauthRoute(undefined, '/oauth2/v2/token')).toBeUndefined()
})

test.each([
  ['/idp/oauth2/v2/token', 'token'],
  ['/oauth2/v2/token', 'token'],
  ['/.well-known/oauth-authorization-server/idp', '/oauth-authorization-server'],
  ['/.well-known/oauth-authorization-server', '/oauth-authorization-server'],
  ['/idp/.well-known/openid-configuration', '/openid-configuration'],
  ['/.well-known/oauth-authorization-server/idp/x', undefined],
  ['/x/.well-known/openid-configuration', undefined],
])('an issuer with a path: %s leads to %s', (path, endpoint) => {
  expect(routed(path, 'https://id.example/idp')?.[0]).toBe(endpoint)
})
