import { SigningAlgorithm, TokenForm, TokenSettings } from '@gatehouse/contracts/policy/v1/token_settings'
import { describe, expect, test } from 'vitest'
import { importOpenApi } from './import-openapi.ts'
import { document, fields, get, settings } from './openapi.fixture.ts'

describe('tokens', () => {
  const tokensOf = (security: unknown, changes: object = {}, given = settings()) =>
    importOpenApi(given, document({ security }, changes)).tokens

  test('there are none where no operation takes any', () => expect(tokensOf([{ Key: [] }])).toBeUndefined())
  test('have the scopes of the flows, with their words', () => {
    expect(tokensOf([{ Key: [] }, { OAuth: ['a'] }])).toEqual({
      ...TokenSettings.create(),
      scopes: [
        { name: 'a', description: 'Read a' },
        { name: 'b', description: 'Write b' },
      ],
    })
  })
  test.each(['Oidc', 'Bearer'])('have the scopes that are asked for with %s', (name) => {
    expect(tokensOf([{ [name]: ['x'] }])?.scopes).toEqual([{ name: 'x', description: '' }])
  })
  test('are made as the document says', () => {
    const settings = {
      ...{ resource: 'urn:orders', form: 'phantom', lifetime: '10m', algorithm: 'RS256', scopes: { x: 'Read x' } },
      ...{ 'authorization-detail-types': ['payment'], 'sender-constrained': true },
    }
    expect(tokensOf([{ Oidc: ['x'] }], { 'x-gatehouse-tokens': settings })).toEqual({
      resource: 'urn:orders',
      form: TokenForm.TOKEN_FORM_PHANTOM,
      lifetime: { seconds: 600n, nanos: 0 },
      algorithm: SigningAlgorithm.SIGNING_ALGORITHM_RS256,
      scopes: [{ name: 'x', description: 'Read x' }],
      authorizationDetailTypes: ['payment'],
      senderConstrained: true,
    })
  })
  test('are made as given with the document, with its scopes', () => {
    const given = { ...TokenSettings.create(), form: TokenForm.TOKEN_FORM_SPLIT }
    const said = { 'x-gatehouse-tokens': { form: 'jwt' } }
    expect(tokensOf([{ OAuth: ['a'] }], said, settings({ tokens: given }))).toMatchObject({
      form: TokenForm.TOKEN_FORM_SPLIT,
      scopes: [{ name: 'a' }, { name: 'b' }],
    })
  })

  const schemeOf = (scheme: object) => ({ components: { securitySchemes: { S: scheme } } })
  const at = 'document#/components/securitySchemes/S/flows'
  test.each<[string, unknown, object, string]>([
    ['a scope of no flow', [{ OAuth: ['c'] }], {}, `${get}/security/0/OAuth/0`],
    ['no flows', [{ S: [] }], schemeOf({ type: 'oauth2' }), at],
    [
      'the implicit flow',
      [{ S: [] }],
      schemeOf({ type: 'oauth2', flows: { implicit: { scopes: {} } } }),
      `${at}/implicit`,
    ],
    [
      'the password flow',
      [{ S: [] }],
      schemeOf({ type: 'oauth2', flows: { password: { scopes: {} } } }),
      `${at}/password`,
    ],
    [
      'scopes in a list',
      [{ S: [] }],
      schemeOf({ type: 'oauth2', flows: { clientCredentials: { scopes: ['a'] } } }),
      `${at}/clientCredentials/scopes`,
    ],
    ['token settings of no kind', [{ Key: [] }], { 'x-gatehouse-tokens': 'jwt' }, 'document#/x-gatehouse-tokens'],
    [
      'a token form that is none',
      [{ Key: [] }],
      { 'x-gatehouse-tokens': { form: 'constructor' } },
      'document#/x-gatehouse-tokens/form',
    ],
    [
      'a misspelt setting',
      [{ Key: [] }],
      { 'x-gatehouse-tokens': { sender_constrained: true } },
      'document#/x-gatehouse-tokens/sender_constrained',
    ],
    [
      'a lifetime of two days',
      [{ Key: [] }],
      { 'x-gatehouse-tokens': { lifetime: '48h' } },
      'document#/x-gatehouse-tokens',
    ],
  ])('%s is refused at its place', (_, security, changes, field) => {
    expect(fields(document({ security }, changes))).toEqual([field])
  })
})
