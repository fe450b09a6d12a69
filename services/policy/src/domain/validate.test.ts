import { type Api, ApiState, SecurityScheme } from '@gatehouse/contracts/policy/v1/api'
import { Plan, type RateLimit } from '@gatehouse/contracts/policy/v1/plan'
import { TokenSettings } from '@gatehouse/contracts/policy/v1/token_settings'
import { describe, expect, test } from 'vitest'
import { api, operation } from './api/api.fixture.ts'
import { validApi } from './api/validate.ts'
import { fieldsOf } from './fields-of.fixture.ts'
import { validPlan } from './plan/validate.ts'

const second = { seconds: 1n, nanos: 0 }
const limit = (changes: Partial<RateLimit> = {}): RateLimit => ({
  name: 'steady',
  requests: 10n,
  period: second,
  burst: 0n,
  ...changes,
})

describe('API', () => {
  test('what is right is kept, published and without version', () => {
    const given = api({ state: ApiState.API_STATE_UNSPECIFIED, version: 7n })
    expect(validApi(given)).toEqual({ ...given, state: ApiState.API_STATE_PUBLISHED, version: 0n })
  })

  const withOperation = (changes: object) => ({ operations: [operation('a', 'GET /', changes)] })
  const requirement = (scheme: SecurityScheme, ...scopes: string[]) =>
    withOperation({ security: [{ requirements: [{ scheme, scopes }] }] })
  const { SECURITY_SCHEME_API_KEY } = SecurityScheme

  test.each<[string, Partial<Api>, string]>([
    ['no id', { apiId: '' }, 'api.api_id'],
    ['an id in upper case', { apiId: 'Orders' }, 'api.api_id'],
    ['a reserved id', { apiId: 'oauth2' }, 'api.api_id'],
    ['an environment id that is none', { environmentId: '-' }, 'api.environment_id'],
    ['a name that turns text around', { displayName: 'a\u202eb' }, 'api.display_name'],
    ['a long name', { displayName: 'a'.repeat(201) }, 'api.display_name'],
    ['a retired state', { state: ApiState.API_STATE_RETIRED }, 'api.state'],
    ['no upstream', { upstreams: [] }, 'api.upstreams'],
    ['an upstream without scheme', { upstreams: ['127.0.0.1:9000'] }, 'api.upstreams[0]'],
    ['another scheme', { upstreams: ['ftp://a'] }, 'api.upstreams[0]'],
    ['a password in the upstream', { upstreams: ['http://a:b@c'] }, 'api.upstreams[0]'],
    ['a query in the upstream', { upstreams: ['http://a/?b'] }, 'api.upstreams[0]'],
    ['dot segments in the upstream', { upstreams: ['http://a/b/../c'] }, 'api.upstreams[0]'],
    ['a port that is none', { upstreams: ['http://a:70000'] }, 'api.upstreams[0]'],
    ['a line break in the upstream', { upstreams: ['http://a\r\nb'] }, 'api.upstreams[0]'],
    ['an upstream twice', { upstreams: ['http://a', 'http://a'] }, 'api.upstreams[1]'],
    [
      'a header name with a space',
      { apiKeySources: { headerNames: ['a b'], queryParameter: '' } },
      'api.api_key_sources.header_names[0]',
    ],
    [
      'a framing header',
      { apiKeySources: { headerNames: ['X-A', 'Content-Length'], queryParameter: '' } },
      'api.api_key_sources.header_names[1]',
    ],
    [
      'the cookie header',
      { apiKeySources: { headerNames: ['Cookie'], queryParameter: '' } },
      'api.api_key_sources.header_names[0]',
    ],
    [
      'a header twice',
      { apiKeySources: { headerNames: ['X-A', 'x-a'], queryParameter: '' } },
      'api.api_key_sources.header_names[1]',
    ],
    [
      'a query parameter with &',
      { apiKeySources: { headerNames: [], queryParameter: 'a&b' } },
      'api.api_key_sources.query_parameter',
    ],
    [
      'an unknown audit mode',
      { enforcement: { auditMode: 9 as never, maxStaleness: undefined } },
      'api.enforcement.audit_mode',
    ],
    [
      'a negative staleness',
      { enforcement: { auditMode: 0, maxStaleness: { seconds: -1n, nanos: 0 } } },
      'api.enforcement.max_staleness',
    ],
    [
      'no connect time',
      { forwarding: { connectTimeout: { seconds: 0n, nanos: 0 }, responseTimeout: undefined, keepPrefix: false } },
      'api.forwarding.connect_timeout',
    ],
    [
      'a day to respond',
      { forwarding: { connectTimeout: undefined, responseTimeout: { seconds: 86_400n, nanos: 0 }, keepPrefix: false } },
      'api.forwarding.response_timeout',
    ],
    ['no operation', { operations: [] }, 'api.operations'],
    ['an operation id with a space', { operations: [operation('a b', 'GET /')] }, 'api.operations[0].operation_id'],
    ['a method in lower case', { operations: [operation('a', 'get /')] }, 'api.operations[0].method'],
    ['CONNECT', { operations: [operation('a', 'CONNECT /')] }, 'api.operations[0].method'],
    ['a template without slash', { operations: [operation('a', 'GET orders')] }, 'api.operations[0].path_template'],
    ['a parameter in a segment', { operations: [operation('a', 'GET /a{b}')] }, 'api.operations[0].path_template'],
    ['a parameter twice', { operations: [operation('a', 'GET /{b}/{b}')] }, 'api.operations[0].path_template'],
    ['a dot segment', { operations: [operation('a', 'GET /a/../b')] }, 'api.operations[0].path_template'],
    ['an encoded slash', { operations: [operation('a', 'GET /a%2fb')] }, 'api.operations[0].path_template'],
    [
      'a path of the token endpoint',
      { operations: [operation('a', 'GET /oauth2/v2/token')] },
      'api.operations[0].path_template',
    ],
    ['an empty segment', { operations: [operation('a', 'GET /a//b')] }, 'api.operations[0].path_template'],
    [
      'an operation id twice',
      { operations: [operation('a', 'GET /'), operation('a', 'PUT /')] },
      'api.operations[1].operation_id',
    ],
    [
      'a route twice',
      { operations: [operation('a', 'GET /{x}'), operation('b', 'GET /{y}')] },
      'api.operations[1].path_template',
    ],
    [
      'a route twice, spelt otherwise',
      { operations: [operation('a', 'GET /%61'), operation('b', 'GET /a')] },
      'api.operations[1].path_template',
    ],
    [
      'no scheme',
      requirement(SecurityScheme.SECURITY_SCHEME_UNSPECIFIED),
      'api.operations[0].security[0].requirements[0].scheme',
    ],
    ['an unknown scheme', requirement(9 as never), 'api.operations[0].security[0].requirements[0].scheme'],
    [
      'a scope with a space',
      requirement(SECURITY_SCHEME_API_KEY, 'a b'),
      'api.operations[0].security[0].requirements[0].scopes[0]',
    ],
    [
      'a scope twice',
      requirement(SECURITY_SCHEME_API_KEY, 'a', 'a'),
      'api.operations[0].security[0].requirements[0].scopes[1]',
    ],
    [
      'a limit without name',
      withOperation({ rateLimits: [limit({ name: '' })] }),
      'api.operations[0].rate_limits[0].name',
    ],
    [
      'a limit of nothing',
      withOperation({ rateLimits: [limit({ requests: 0n })] }),
      'api.operations[0].rate_limits[0].requests',
    ],
  ])('%s is refused', (_, changes, field) => {
    expect(fieldsOf(() => validApi(api(changes)))).toEqual([field])
  })

  const tokens = (changes: Partial<TokenSettings>) => ({ tokens: { ...TokenSettings.create(), ...changes } })
  const scopes = (...names: string[]) => tokens({ scopes: names.map((name) => ({ name, description: '' })) })
  const seconds = (count: bigint) => ({ seconds: count, nanos: 0 })

  test('tokens of every kind are kept', () => {
    const given = api({
      ...tokens({ ...scopes('orders.read').tokens, resource: 'https://orders.example/', lifetime: seconds(86_400n) }),
      ...requirement(SecurityScheme.SECURITY_SCHEME_OAUTH2, 'orders.read'),
    })
    expect(validApi(given)).toEqual(given)
  })

  test.each<[string, Partial<Api>, string]>([
    ['a resource that is no URI', tokens({ resource: 'orders' }), 'api.tokens.resource'],
    ['a resource with fragment', tokens({ resource: 'https://a.example/#b' }), 'api.tokens.resource'],
    ['a resource with a space', tokens({ resource: 'https://a.example/ b' }), 'api.tokens.resource'],
    ['an unknown form', tokens({ form: 9 as never }), 'api.tokens.form'],
    ['an unknown algorithm', tokens({ algorithm: 9 as never }), 'api.tokens.algorithm'],
    ['no life', tokens({ lifetime: seconds(0n) }), 'api.tokens.lifetime'],
    ['more than a day', tokens({ lifetime: seconds(86_401n) }), 'api.tokens.lifetime'],
    ['a scope with a space', scopes('a', 'b c'), 'api.tokens.scopes[1].name'],
    ['a scope with a quote', scopes('a"'), 'api.tokens.scopes[0].name'],
    ['an empty scope', scopes(''), 'api.tokens.scopes[0].name'],
    ['a scope twice', scopes('a', 'a'), 'api.tokens.scopes[1].name'],
    ['a scope of OpenID Connect', scopes('openid'), 'api.tokens.scopes[0].name'],
    [
      'words that turn text around',
      tokens({ scopes: [{ name: 'a', description: 'a\u202eb' }] }),
      'api.tokens.scopes[0].description',
    ],
    ['a type twice', tokens({ authorizationDetailTypes: ['a', 'a'] }), 'api.tokens.authorization_detail_types[1]'],
    ['an empty type', tokens({ authorizationDetailTypes: [''] }), 'api.tokens.authorization_detail_types[0]'],
    [
      'an operation whose scope no token can have',
      { ...scopes('a'), ...requirement(SecurityScheme.SECURITY_SCHEME_OAUTH2, 'a', 'b') },
      'api.operations[0].security[0].requirements[0].scopes[1]',
    ],
  ])('%s is refused in tokens', (_, changes, field) => {
    expect(fieldsOf(() => validApi(api(changes)))).toEqual([field])
  })

  test('everything that is wrong is named at once', () => {
    const wrong = api({ apiId: 'A', upstreams: ['x'], operations: [operation('', 'GET a'), operation('', 'get /')] })
    expect(fieldsOf(() => validApi(wrong))).toEqual([
      'api.api_id',
      'api.upstreams[0]',
      'api.operations[0].operation_id',
      'api.operations[0].path_template',
      'api.operations[1].operation_id',
      'api.operations[1].method',
      'api.operations[1].operation_id',
    ])
  })

  test('templates that overlap at every depth are refused', () => {
    const operations = Array.from({ length: 512 }, (_, bits) =>
      operation(
        `o${bits}`,
        `GET ${Array.from({ length: 9 }, (_, at) => (bits & (1 << at) ? '/a' : `/{p${at}}`)).join('')}`,
      ),
    )
    expect(fieldsOf(() => validApi(api({ operations })))).toEqual(['api.operations'])
  })

  test('none at all is refused', () => expect(fieldsOf(() => validApi(undefined))).toEqual(['api']))
})

describe('plan', () => {
  const gold = (...rateLimits: RateLimit[]): Plan => ({
    ...Plan.create(),
    planId: 'gold',
    environmentId: 'alpha',
    rateLimits,
  })

  test('several limits are kept', () => {
    const plan = gold(limit(), limit({ name: 'daily', requests: 1000n, period: { seconds: 86_400n, nanos: 0 } }))
    expect(validPlan(plan).rateLimits).toEqual(plan.rateLimits)
  })

  test.each<[string, Plan, string]>([
    ['an id that is none', { ...gold(), planId: '1' }, 'plan.plan_id'],
    ['a limit twice', gold(limit(), limit()), 'plan.rate_limits[1].name'],
    ['a limit without period', gold(limit({ period: undefined })), 'plan.rate_limits[0].period'],
    ['a negative burst', gold(limit({ burst: -1n })), 'plan.rate_limits[0].burst'],
    ['a name in upper case', gold(limit({ name: 'A' })), 'plan.rate_limits[0].name'],
  ])('%s is refused', (_, plan, field) => {
    expect(fieldsOf(() => validPlan(plan))).toEqual([field])
  })
})
