import assert from 'node:assert/strict'
import { GatehouseError } from '@gatehouse/errors'
import fc from 'fast-check'
import { importOpenApi } from '../../services/policy/src/domain/openapi/import-openapi.ts'
import { settings } from '../../services/policy/src/domain/openapi/openapi.fixture.ts'
import { fuzz } from './fuzz.ts'

const given = settings()
const key = { security: [{ K: [] }] }
const K = { type: 'apiKey', in: 'header', name: 'X-Key' }
const O = { type: 'oauth2', flows: { clientCredentials: { tokenUrl: 'https://a', scopes: { a: '' } } } }
const documents: readonly object[] = [
  { openapi: '3.1.0', paths: { '/a': { get: key } }, components: { securitySchemes: { K } } },
  { openapi: '3.0.3', ...key, paths: { '/a/{b}': { put: {} } }, components: { securitySchemes: { K } } },
  { openapi: '3.1.0', paths: { '/a': { post: { security: [{ O: ['a'] }] } } }, components: { securitySchemes: { O } } },
  {
    openapi: '3.1.0',
    paths: { '/a': { $ref: '#/x' } },
    x: {
      get: {
        ...key,
        'x-gatehouse-max-staleness': '5s',
        'x-gatehouse-rate-limits': [{ name: 'a', requests: 1, period: '1s' }],
      },
    },
    components: { securitySchemes: { K: { $ref: '#/k' } } },
    k: K,
  },
]

const names = fc.constantFrom(
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    '$ref',
    'get',
    'paths',
    'security',
    'K',
    '',
    '/a',
    '/{a}/{a}',
    '/..',
  ],
  ...[
    'x-gatehouse-tokens',
    'x-gatehouse-audit-mode',
    'x-gatehouse-rate-limits',
    'trace',
    'operationId',
    'type',
    'flows',
  ],
)
const value = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1e308,
    '',
    'a',
    '#/paths',
    '#/x',
    '#/__proto__',
    '#',
    'K',
    '3.1.0',
    'async',
    '5s',
    [],
    {},
  ),
  fc.constantFrom<unknown>(
    [[]],
    [{}],
    [{ K: [] }],
    [{ __proto__: null, constructor: [] }],
    { polluted: 1 },
    ['\0', '\u2028'],
    { $ref: '#/x' },
  ),
)
const edit = fc.record({ at: fc.nat(40), name: names, value, kind: fc.constantFrom('set', 'rename', 'add', 'remove') })
type Edit = typeof edit extends fc.Arbitrary<infer Value> ? Value : never

/** Changes one of the places of a document. As pairs, so that `__proto__` is a name like another. */
function change(node: unknown, edit: Edit, count: { left: number }): unknown {
  if (count.left-- === 0 && edit.kind === 'set') return edit.value
  if (Array.isArray(node)) return node.map((item) => change(item, edit, count))
  if (typeof node !== 'object' || node === null) return node
  const here = count.left === -1
  const pairs = Object.entries(node).map(([name, item]) => [name, change(item, edit, count)] as const)
  if (!here) return Object.fromEntries(pairs)
  if (edit.kind === 'add') return Object.fromEntries([...pairs, [edit.name, edit.value]])
  const [first, ...rest] = pairs
  return Object.fromEntries(edit.kind === 'remove' || !first ? rest : [[edit.name, first[1]], ...rest])
}

const mark = fc.tuple(
  fc.nat(999),
  fc.constantFrom(...'{}[],:"\'&*!#-|>%@`\n\t 0a', '&a ', '*a', '!!x ', '<<: ', '? ', '---\n', '\\u0000'),
)
const text = fc
  .tuple(fc.nat(documents.length - 1), fc.array(edit, { maxLength: 3 }), fc.array(mark, { maxLength: 2 }))
  .map(([which, edits, marks]) => {
    const document = edits.reduce<unknown>((node, each) => change(node, each, { left: each.at }), documents[which])
    return marks.reduce((made, [at, by]) => {
      const place = Math.floor((at * made.length) / 1000)
      return made.slice(0, place) + by + made.slice(place)
    }, JSON.stringify(document) ?? '')
  })

const cpuMsMax = 5000

fuzz('OpenAPI: any document is an API, or an error that names its places', [text], (document) => {
  const before = process.cpuUsage()
  try {
    const api = importOpenApi(given, document)
    assert.ok(api.operations.length > 0)
    assert.ok(api.operations.every(({ security }) => security.length > 0))
  } catch (error) {
    if (!(error instanceof GatehouseError)) throw error
    assert.equal(error.status, 'INVALID_ARGUMENT')
    assert.ok(error.violations.length > 0)
    for (const { field, description } of error.violations) {
      assert.match(field, /^(document|api)/)
      assert.notEqual(description, '')
    }
  }
  assert.ok(process.cpuUsage(before).user / 1000 < cpuMsMax)
  assert.equal(Reflect.get({}, 'polluted'), undefined)
  assert.equal(Reflect.get([], 'polluted'), undefined)
})
