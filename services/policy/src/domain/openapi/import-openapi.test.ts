import { SecurityScheme } from '@gatehouse/contracts/policy/v1/api'
import { AuditMode } from '@gatehouse/contracts/policy/v1/enforcement'
import { describe, expect, test } from 'vitest'
import { api } from '../api/api.fixture.ts'
import { importOpenApi } from './import-openapi.ts'
import { document, fields, get, schemes, settings } from './openapi.fixture.ts'

const { SECURITY_SCHEME_API_KEY, SECURITY_SCHEME_BASIC, SECURITY_SCHEME_MUTUAL_TLS, SECURITY_SCHEME_OAUTH2 } =
  SecurityScheme

describe('security', () => {
  const of = (security: unknown) => importOpenApi(settings(), document({ security })).operations[0]?.security
  const one = (scheme: SecurityScheme, ...scopes: string[]) => [{ requirements: [{ scheme, scopes }] }]

  test.each<[string, unknown, unknown]>([
    ['an API key', [{ Key: [] }], one(SECURITY_SCHEME_API_KEY)],
    ['OAuth scopes', [{ OAuth: ['a', 'b'] }], one(SECURITY_SCHEME_OAUTH2, 'a', 'b')],
    ['OpenID Connect', [{ Oidc: ['a'] }], one(SECURITY_SCHEME_OAUTH2, 'a')],
    ['Basic, whatever its case', [{ Basic: [] }], one(SECURITY_SCHEME_BASIC)],
    ['Bearer', [{ Bearer: [] }], one(SECURITY_SCHEME_OAUTH2)],
    ['mutual TLS', [{ Mtls: [] }], one(SECURITY_SCHEME_MUTUAL_TLS)],
    [
      'alternatives',
      [{ Key: [] }, { OAuth: ['a'] }],
      [...one(SECURITY_SCHEME_API_KEY), ...one(SECURITY_SCHEME_OAUTH2, 'a')],
    ],
    [
      'requirements of one alternative',
      [{ Key: [], Mtls: [] }],
      [
        {
          requirements: [
            { scheme: SECURITY_SCHEME_API_KEY, scopes: [] },
            { scheme: SECURITY_SCHEME_MUTUAL_TLS, scopes: [] },
          ],
        },
      ],
    ],
    ['nothing', [{}], [{ requirements: [] }]],
    ['an empty list', [], [{ requirements: [] }]],
  ])('%s', (_, security, expected) => {
    expect(of(security)).toEqual(expected)
  })

  test('the document’s counts where the operation is silent', () => {
    const imported = importOpenApi(settings(), document({}, { security: [{ OAuth: ['a'] }] }))
    expect(imported.operations[0]?.security).toEqual(one(SECURITY_SCHEME_OAUTH2, 'a'))
  })

  test('headers and query parameter of keys are taken over beside those given', () => {
    const given = settings({ apiKeySources: { headerNames: ['apikey', 'x-key'], queryParameter: '' } })
    const imported = importOpenApi(given, document({ security: [{ Key: [] }, { QueryKey: [] }] }))
    expect(imported.apiKeySources).toEqual({ headerNames: ['apikey', 'x-key'], queryParameter: 'key' })
    expect(imported.operations[0]?.apiKeyInQuery).toBe(true)
  })
})

describe('operations', () => {
  const text = `
openapi: 3.0.3
servers: [{ url: https://elsewhere.example/v2 }]
security: [{ Key: [] }]
x-gatehouse-audit-mode: async
paths:
  x-internal: {}
  /items/{item_id}:
    parameters: [{ $ref: 'https://elsewhere.example/parameter.yaml' }]
    get:
      x-gatehouse-audit-mode: write_ahead
      x-gatehouse-max-staleness: 500ms
      x-gatehouse-rate-limits: [{ name: burst, requests: 10, period: 1m, burst: 5 }]
      x-gatehouse-forward-credential: true
      x-other: anything
    put: { operationId: replace, deprecated: true, callbacks: {} }
  /shared: { $ref: '#/components/x-items/a~1b' }
components:
  securitySchemes: { Key: { $ref: '#/components/x-items/key' } }
  x-items:
    a/b: { options: { operationId: shared-options } }
    key: { type: apiKey, in: header, name: X-API-Key }
`
  test('are taken over with what is decided by', () => {
    const imported = importOpenApi(settings(), text)
    expect(
      imported.operations.map(({ operationId, method, pathTemplate }) => [operationId, method, pathTemplate]),
    ).toEqual([
      ['get_items_item_id', 'GET', '/items/{item_id}'],
      ['replace', 'PUT', '/items/{item_id}'],
      ['shared-options', 'OPTIONS', '/shared'],
    ])
    expect(imported.enforcement).toEqual({ auditMode: AuditMode.AUDIT_MODE_ASYNC, maxStaleness: undefined })
    expect(imported.operations[0]).toMatchObject({
      enforcement: { auditMode: AuditMode.AUDIT_MODE_WRITE_AHEAD, maxStaleness: { seconds: 0n, nanos: 500_000_000 } },
      rateLimits: [{ name: 'burst', requests: 10n, period: { seconds: 60n, nanos: 0 }, burst: 5n }],
      forwardCredential: true,
      apiKeyInQuery: false,
    })
    expect(imported.upstreams).toEqual(settings().upstreams)
  })

  test('settings given with the document win over those in it', () => {
    const enforcement = { auditMode: AuditMode.AUDIT_MODE_WRITE_AHEAD, maxStaleness: undefined }
    expect(importOpenApi(settings({ enforcement }), text).enforcement).toEqual(enforcement)
  })
})

describe('what is wrong or not supported is named by its place', () => {
  const withKey = { security: [{ Key: [] }] }
  test.each<[string, string, string]>([
    ['nothing', '', 'document'],
    ['no YAML', 'a: [', 'document'],
    ['a key twice', 'openapi: 3.1.0\nopenapi: 3.1.0\n', 'document'],
    ['a key twice, in depth', document(withKey, {}).replace('"get":', '"get":{},"get":'), 'document'],
    ['a key that is an object', '{openapi: 3.1.0, {a: b}: c}', 'document'],
    ['a key that is an alias', 'a: &a x\n*a : c\n', 'document'],
    ['nesting without end', '['.repeat(20_000), 'document'],
    ['an unknown tag', 'openapi: !!js/function "f"\n', 'document'],
    [
      'aliases without end',
      `a: &a [${'x,'.repeat(50)}]\nb: &b [${'*a,'.repeat(50)}]\nc: [${'*b,'.repeat(50)}]\n`,
      'document',
    ],
    ['Swagger 2.0', '{"swagger":"2.0","paths":{}}', 'document#/openapi'],
    ['OpenAPI 3.2', document(withKey, { openapi: '3.2.0' }), 'document#/openapi'],
    ['a list', '[]', 'document#/openapi'],
    ['no paths', '{"openapi":"3.1.0"}', 'document#/paths'],
    ['no security anywhere', document({}), `${get}/security`],
    ['security that is no list', document({ security: { Key: [] } }), `${get}/security`],
    ['an alternative that is no object', document({ security: ['Key'] }), `${get}/security/0`],
    ['a scheme that is not declared', document({ security: [{ Key: [] }, { Kee: [] }] }), `${get}/security/1/Kee`],
    [
      'a scheme by a name of every object',
      document({ security: [{ constructor: [] }] }),
      `${get}/security/0/constructor`,
    ],
    ['scopes that are none', document({ security: [{ OAuth: 'a' }] }), `${get}/security/0/OAuth`],
    ['a scope with a space', document({ security: [{ Oidc: ['a b'] }] }), `${get}/security`],
    [
      'a method that is not forwarded',
      document(withKey, { paths: { '/': { trace: {} } } }),
      'document#/paths/~1/trace',
    ],
    ['a key of a later version', document(withKey, { paths: { '/': { query: {} } } }), 'document#/paths/~1/query'],
    [
      'a parameter in a segment',
      document(withKey, { paths: { '/a.{b}': { get: withKey } } }),
      'document#/paths/~1a.{b}/get',
    ],
    [
      'an id twice',
      document(withKey, {
        paths: { '/a': { get: { operationId: 'x', ...withKey }, put: { operationId: 'x', ...withKey } } },
      }),
      'document#/paths/~1a/put/operationId',
    ],
    [
      'a path twice',
      document(withKey, { paths: { '/{a}': { get: withKey }, '/{b}': { get: withKey } } }),
      'document#/paths/~1{b}/get',
    ],
    [
      'a reference to a file',
      document(withKey, { paths: { '/a': { $ref: 'a.yaml#/b' } } }),
      'document#/paths/~1a/$ref',
    ],
    [
      'a reference to the network',
      document(withKey, { paths: { '/a': { $ref: 'https://a/b' } } }),
      'document#/paths/~1a/$ref',
    ],
    ['a reference to nothing', document(withKey, { paths: { '/a': { $ref: '#/b' } } }), 'document#/paths/~1a/$ref'],
    ['a reference to itself', document(withKey, { paths: { '/a': { $ref: '#/paths/~1a' } } }), 'document#/paths/~1a'],
    [
      'a method beside a reference',
      document(withKey, { paths: { '/a': { $ref: '#/x', get: {} } }, x: { put: withKey } }),
      'document#/paths/~1a/get',
    ],
    [
      'an unknown extension of ours',
      document({ ...withKey, 'x-gatehouse-audit': 'async' }),
      `${get}/x-gatehouse-audit`,
    ],
    [
      'an extension of an operation at the top',
      document(withKey, { 'x-gatehouse-rate-limits': [] }),
      'document#/x-gatehouse-rate-limits',
    ],
    [
      'an audit mode that is none',
      document({ ...withKey, 'x-gatehouse-audit-mode': 'toString' }),
      `${get}/x-gatehouse-audit-mode`,
    ],
    [
      'a duration without unit',
      document({ ...withKey, 'x-gatehouse-max-staleness': 5 }),
      `${get}/x-gatehouse-max-staleness`,
    ],
    [
      'a credential forwarded by a text',
      document({ ...withKey, 'x-gatehouse-forward-credential': 'true' }),
      `${get}/x-gatehouse-forward-credential`,
    ],
    [
      'a limit with an unknown key',
      document({ ...withKey, 'x-gatehouse-rate-limits': [{ name: 'a', requests: 1, period: '1s', brust: 1 }] }),
      `${get}/x-gatehouse-rate-limits/0/brust`,
    ],
    [
      'a limit of a half request',
      document({ ...withKey, 'x-gatehouse-rate-limits': [{ name: 'a', requests: 0.5, period: '1s' }] }),
      `${get}/x-gatehouse-rate-limits/0/requests`,
    ],
  ])('%s', (_, text, field) => {
    expect(fields(text)).toContain(field)
  })

  test.each<[string, object, string]>([
    ['a key in a cookie', { type: 'apiKey', in: 'cookie', name: 'a' }, 'in'],
    ['a key without name', { type: 'apiKey', in: 'header' }, 'name'],
    ['Digest', { type: 'http', scheme: 'digest' }, 'scheme'],
    ['an unknown type', { type: 'magic' }, 'type'],
    ['no type', {}, 'type'],
  ])('a scheme with %s', (_, scheme, key) => {
    const text = document({ security: [{ Key: [] }] }, { components: { securitySchemes: { Key: scheme } } })
    expect(fields(text)).toEqual([`document#/components/securitySchemes/Key/${key}`])
  })

  test('two query parameters for keys', () => {
    const securitySchemes = { A: schemes.QueryKey, B: { ...schemes.QueryKey, name: 'other' } }
    const text = document({ security: [{ A: [] }, { B: [] }] }, { components: { securitySchemes } })
    expect(fields(text)).toEqual(['document#/components/securitySchemes/B/name'])
  })

  test('operations given beside the document', () => {
    expect(fields(document({ security: [{ Key: [] }] }), api())).toEqual(['api.operations'])
  })

  test('settings that are wrong, together with the document', () => {
    expect(fields(document({}), settings({ upstreams: [] }))).toEqual([`${get}/security`, 'api.upstreams'])
  })
})
