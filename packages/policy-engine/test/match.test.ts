import { ApiState } from '@gatehouse/contracts/policy/v1/api'
import { AuditMode, type Enforcement } from '@gatehouse/contracts/policy/v1/enforcement'
import { RateLimit } from '@gatehouse/contracts/policy/v1/plan'
import { describe, expect, test } from 'vitest'
import { compilePolicy, hostName, match } from '../src/index.ts'
import { api, environment, operation, plan } from './policy-fixture.ts'

function policyOf(...routes: string[]) {
  return compilePolicy({
    environments: [environment('alpha', ['*'])],
    apis: [
      api(
        'orders',
        routes.map((route) => operation(route)),
      ),
    ],
    plans: [],
  })
}

function operationId(policy: ReturnType<typeof policyOf>, method: string, path: string): string {
  const found = match(policy, { host: 'any', method, path })
  return found.kind === 'matched' ? found.operation.operationId : found.reason
}

describe('operation', () => {
  const policy = policyOf(
    'GET /',
    'GET /{id}',
    'DELETE /{id}',
    'GET /me',
    'GET /{id}/items/{item}',
    'GET /me/items/first',
    'POST /{id}/items',
    'GET /slash/',
    'GET /caf%c3%a9',
    'HEAD /head',
    'GET /head',
    'GET /__proto__',
    'GET /constructor/{x}',
  )
  test.each([
    ['GET', '/orders', 'GET /'],
    ['GET', '/orders/', 'GET /'],
    ['GET', '/orders/17', 'GET /{id}'],
    ['DELETE', '/orders/17', 'DELETE /{id}'],
    ['HEAD', '/orders/17', 'GET /{id}'],
    ['HEAD', '/orders/head', 'HEAD /head'],
    ['GET', '/orders/me', 'GET /me'],
    // The concrete template wins as a whole: its methods alone count.
    ['DELETE', '/orders/me', 'method_not_allowed'],
    ['GET', '/orders/me/items/first', 'GET /me/items/first'],
    ['GET', '/orders/me/items/second', 'GET /{id}/items/{item}'],
    ['GET', '/orders/you/items/first', 'GET /{id}/items/{item}'],
    ['POST', '/orders/me/items', 'POST /{id}/items'],
    ['GET', '/orders/slash/', 'GET /slash/'],
    ['GET', '/orders/slash', 'GET /{id}'],
    ['GET', '/orders/17/', 'no_operation'],
    ['GET', '/orders/17/items/', 'no_operation'],
    ['GET', '/orders/17/items/1/2', 'no_operation'],
    ['GET', '/orders/caf%C3%A9', 'GET /caf%c3%a9'],
    ['get', '/orders/17', 'method_not_allowed'],
    ['PUT', '/orders/17', 'method_not_allowed'],
    ['OPTIONS', '/orders/17', 'method_not_allowed'],
    ['', '/orders/17', 'method_not_allowed'],
    ['__proto__', '/orders/17', 'method_not_allowed'],
    ['GET', '/orders/__proto__', 'GET /__proto__'],
    ['GET', '/orders/constructor/a', 'GET /constructor/{x}'],
    ['GET', '/orders/toString/a', 'no_operation'],
    ['GET', '/', 'no_api'],
    ['GET', '/Orders/17', 'no_api'],
    ['GET', '/orders2/17', 'no_api'],
    ['GET', '/__proto__/17', 'no_api'],
    ['GET', '/constructor', 'no_api'],
  ])('%s %s → %s', (method, path, expected) => {
    expect(operationId(policy, method, path)).toBe(expected)
  })

  test('405 names the methods of the template, HEAD beside GET', () => {
    const found = match(policy, { host: 'a', method: 'PUT', path: '/orders/17' })
    expect(found).toMatchObject({ reason: 'method_not_allowed', allow: 'DELETE, GET, HEAD' })
  })

  test('a long path costs no more than the templates are deep', () => {
    expect(operationId(policy, 'GET', `/orders${'/a'.repeat(50_000)}`)).toBe('no_operation')
  })
})

describe('environment', () => {
  const policy = compilePolicy({
    environments: [
      environment('alpha', ['alpha.example.com', 'localhost', '[::1]']),
      environment('beta', ['Beta.example']),
    ],
    apis: [api('orders', [operation('GET /')])],
    plans: [],
  })
  test.each([
    ['alpha.example.com', 'alpha'],
    ['alpha.example.com:8080', 'alpha'],
    ['ALPHA.example.com', 'alpha'],
    ['alpha.example.com.', 'alpha'],
    ['alpha.example.com.:443', 'alpha'],
    ['[::1]:8080', 'alpha'],
    ['[::1]', 'alpha'],
    ['beta.example', 'beta'],
    ['evil-alpha.example.com', undefined],
    ['alpha.example.com.evil', undefined],
    ['alpha.example.com..', undefined],
    ['*', undefined],
    ['', undefined],
    ['__proto__', undefined],
  ])('%s → %s', (host, environmentId) => {
    expect(policy.environmentOfHost(host)?.environmentId).toBe(environmentId)
  })

  test('* serves every host that no other environment names', () => {
    policy.replaceEnvironment('rest', environment('rest', ['*']))
    expect(policy.environmentOfHost('evil')?.environmentId).toBe('rest')
    expect(policy.environmentOfHost('beta.example')?.environmentId).toBe('beta')
    policy.replaceEnvironment('rest', undefined)
    expect(policy.environmentOfHost('evil')).toBeUndefined()
  })

  test('host names lose port, case and the dot of the root', () => {
    expect(hostName('A.B.:80')).toBe('a.b')
  })
})

describe('replacing', () => {
  test('parts may come in any order', () => {
    const policy = compilePolicy({ environments: [], apis: [], plans: [] })
    policy.replaceApi('alpha', 'orders', api('orders', [operation('GET /')]))
    policy.replacePlan('alpha', 'gold', plan('gold'))
    expect(operationId(policy, 'GET', '/orders')).toBe('no_environment')
    policy.replaceEnvironment('alpha', environment('alpha', ['*']))
    expect(operationId(policy, 'GET', '/orders')).toBe('GET /')
    expect(policy.environment('alpha')?.plans.get('gold')?.planId).toBe('gold')
  })

  test('an API that is retired, removed or of an unknown state is gone; others stay', () => {
    const policy = compilePolicy({
      environments: [environment('alpha', ['*'])],
      apis: [api('orders', [operation('GET /')]), api('items', [operation('GET /')])],
      plans: [],
    })
    for (const state of [ApiState.API_STATE_RETIRED, ApiState.API_STATE_UNSPECIFIED, 9 as never]) {
      policy.replaceApi('alpha', 'orders', api('orders', [operation('GET /')], { state }))
      expect(operationId(policy, 'GET', '/orders')).toBe('no_api')
      policy.replaceApi('alpha', 'orders', api('orders', [operation('GET /')]))
      expect(operationId(policy, 'GET', '/orders')).toBe('GET /')
    }
    policy.replaceApi('alpha', 'orders', undefined)
    expect(operationId(policy, 'GET', '/orders')).toBe('no_api')
    expect(operationId(policy, 'GET', '/items')).toBe('GET /')
  })

  test.each([
    ['a template that is none', [operation('GET /a{b}')], 'operations[0].path_template'],
    [
      'a route declared twice',
      [operation('GET /{a}'), operation('GET /{b}')],
      'operations[1]: GET /{} is declared twice',
    ],
    [
      'a limit that is none',
      [operation('GET /', { rateLimits: [RateLimit.create()] })],
      'operations[0].rate_limits[0].requests',
    ],
  ])('an API with %s is refused as a whole, never in part', (_, operations, problem) => {
    const policy = compilePolicy({ environments: [environment('alpha', ['*'])], apis: [], plans: [] })
    const broken = api('orders', [...operations, operation('GET /open')])
    expect(policy.replaceApi('alpha', 'orders', broken)).toContain(problem)
    expect(operationId(policy, 'GET', '/orders/open')).toBe('api_unusable')
  })

  test('templates that overlap at every depth are refused: no request may try them all', () => {
    const overlapping = Array.from({ length: 512 }, (_, bits) =>
      Array.from({ length: 9 }, (_, depth) => (bits & (1 << depth) ? '/a' : `/{p${depth}}`)).join(''),
    )
    const policy = policyOf(...overlapping.map((template) => `GET ${template}`))
    expect(operationId(policy, 'GET', '/orders/a')).toBe('api_unusable')
  })
})

describe('enforcement', () => {
  const strict = { auditMode: AuditMode.AUDIT_MODE_WRITE_AHEAD, maxStaleness: { seconds: 5n, nanos: 0 } }
  const relaxed = { auditMode: AuditMode.AUDIT_MODE_ASYNC, maxStaleness: undefined }

  function enforcement(
    levels: { environment?: Enforcement; api?: Enforcement; operation?: Enforcement },
    path = '/orders',
  ) {
    const policy = compilePolicy({
      environments: [environment('alpha', ['*'], { enforcement: levels.environment })],
      apis: [api('orders', [operation('GET /', { enforcement: levels.operation })], { enforcement: levels.api })],
      plans: [],
    })
    return match(policy, { host: 'a', method: 'GET', path }).enforcement
  }

  test.each<[string, Parameters<typeof enforcement>[0], object]>([
    ['default', {}, { auditMode: 'before_response', maxStalenessMs: undefined }],
    ['environment', { environment: strict }, { auditMode: 'write_ahead', maxStalenessMs: 5000 }],
    ['API before environment', { environment: strict, api: relaxed }, { auditMode: 'async', maxStalenessMs: 5000 }],
    ['operation before API', { api: relaxed, operation: strict }, { auditMode: 'write_ahead', maxStalenessMs: 5000 }],
    [
      'each field by itself',
      { environment: { auditMode: 0, maxStaleness: { seconds: 60n, nanos: 0 } }, operation: relaxed },
      { auditMode: 'async', maxStalenessMs: 60_000 },
    ],
    [
      'an unknown audit mode is the strictest',
      { api: { auditMode: 9 as never, maxStaleness: undefined } },
      { auditMode: 'write_ahead' },
    ],
    [
      'a staleness that is no duration is none',
      { api: { auditMode: 0, maxStaleness: { seconds: -1n, nanos: 0 } } },
      { maxStalenessMs: 0 },
    ],
  ])('%s', (_, levels, expected) => {
    expect(enforcement(levels)).toMatchObject(expected)
  })

  test('what matches no operation is enforced as its API', () => {
    expect(enforcement({ api: strict, operation: relaxed }, '/orders/none')).toEqual({
      auditMode: 'write_ahead',
      maxStalenessMs: 5000,
    })
  })
})
