import {
  ClientAuthenticationMethod,
  type ClientRegistration,
} from '@gatehouse/contracts/credential/v1/client_registration'
import { describe, expect, test } from 'vitest'
import { jwks, registration } from './registration.fixture.ts'
import { registrationViolations } from './validate.ts'

const {
  CLIENT_AUTHENTICATION_METHOD_NONE: NONE,
  CLIENT_AUTHENTICATION_METHOD_PRIVATE_KEY_JWT: PRIVATE_KEY_JWT,
  CLIENT_AUTHENTICATION_METHOD_TLS_CLIENT_AUTH: TLS,
  CLIENT_AUTHENTICATION_METHOD_SELF_SIGNED_TLS_CLIENT_AUTH: SELF_SIGNED,
  CLIENT_AUTHENTICATION_METHOD_UNSPECIFIED: UNSPECIFIED,
} = ClientAuthenticationMethod

const wrong = (changes: Partial<ClientRegistration>) =>
  registrationViolations(registration(changes)).map(({ field }) => field)

describe('taken', () => {
  test.each([
    'https://shop.example/callback',
    'https://shop.example',
    'https://shop.example/cb?app=1&x=%2F',
    'https://shop.example:8443/cb',
    'http://127.0.0.1/cb',
    'http://[::1]:8080/cb',
    'http://localhost:3000/cb',
    'com.example.app:/callback',
    'com.example.app://callback',
  ])('redirect URI %s', (uri) => expect(wrong({ redirectUris: [uri] })).toEqual([]))
  test.each<[string, Partial<ClientRegistration>]>([
    ['a public client', { tokenEndpointAuthMethod: NONE }],
    ['a machine', { grantTypes: ['client_credentials'], redirectUris: [] }],
    ['a resource server', { grantTypes: [], redirectUris: [], introspectableApis: ['orders'] }],
    ['a P-256 key', { tokenEndpointAuthMethod: PRIVATE_KEY_JWT, jwks: jwks.of(jwks.ec) }],
    [
      'keys with names',
      { jwks: jwks.of({ ...jwks.ec, kid: '1', use: 'sig' }, { ...jwks.rsa, kid: '2', alg: 'PS256' }) },
    ],
    ['an Ed25519 key', { tokenEndpointAuthMethod: PRIVATE_KEY_JWT, jwks: jwks.of({ ...jwks.ed, alg: 'EdDSA' }) }],
    ['a certificate subject', { tokenEndpointAuthMethod: TLS, tlsClientAuthSubjectDn: 'CN=shop,O=Acme\\, Inc,C=DE' }],
    ['logout', { backchannelLogoutUri: 'https://shop.example/bye', postLogoutRedirectUris: ['https://shop.example/'] }],
    ['devices', { grantTypes: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'], redirectUris: [] }],
  ])('%s', (_, changes) => expect(wrong(changes)).toEqual([]))
})

describe('refused redirect URI', () => {
  test.each([
    '',
    'callback',
    '/callback',
    '//shop.example/cb',
    'https://shop.example/cb#f',
    'https://shop.example/cb#',
    'https://*.shop.example/cb',
    'https://shop.example/*',
    'https://ok@evil.example/',
    'https://user:secret@shop.example/',
    'https://shop.example\\@evil.example/',
    'https://SHOP.example/cb',
    'https://shop.example:443/cb',
    'https://shop.example/a/../cb',
    'https://shop.example/%2e%2e/cb',
    'https://shöp.example/cb',
    'https://shop.example/c b',
    'https://shop.example/cb\r\nx',
    'http://shop.example/cb',
    'http://localhost.evil.example/cb',
    'http://127.0.0.1.evil.example/cb',
    'http://0177.0.0.1/cb',
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'myapp:/callback',
    'ftp://shop.example/cb',
    `https://shop.example/${'a'.repeat(2048)}`,
  ])('%j', (uri) => {
    expect(wrong({ redirectUris: ['https://a.example/', uri] })).toEqual(['redirect_uris[1]'])
    expect(wrong({ postLogoutRedirectUris: [uri] })).toEqual(['post_logout_redirect_uris[0]'])
  })
})

describe('refused', () => {
  test.each<[string, Partial<ClientRegistration>, readonly string[]]>([
    ['no method', { tokenEndpointAuthMethod: UNSPECIFIED }, ['token_endpoint_auth_method']],
    ['an unknown method', { tokenEndpointAuthMethod: 9 as never }, ['token_endpoint_auth_method']],
    ['an unknown grant', { grantTypes: ['password'], redirectUris: [] }, ['grant_types[0]']],
    ['the implicit grant', { grantTypes: ['authorization_code', 'implicit'] }, ['grant_types[1]']],
    ['a grant twice', { grantTypes: ['authorization_code', 'authorization_code'] }, ['grant_types[1]']],
    ['refresh alone', { grantTypes: ['client_credentials', 'refresh_token'] }, ['grant_types[1]']],
    ['codes without a way back', { redirectUris: [] }, ['redirect_uris']],
    ['a redirect URI twice', { redirectUris: ['https://a.example/', 'https://a.example/'] }, ['redirect_uris[1]']],
    [
      'many redirect URIs',
      { redirectUris: Array.from({ length: 51 }, (_, index) => `https://a.example/${index}`) },
      ['redirect_uris'],
    ],
    [
      'a public client for itself',
      { tokenEndpointAuthMethod: NONE, grantTypes: ['client_credentials'], redirectUris: [] },
      ['grant_types[0]'],
    ],
    [
      'a public client that exchanges',
      {
        ...{ tokenEndpointAuthMethod: NONE, exchangeableApis: ['orders'] },
        grantTypes: ['authorization_code', 'urn:ietf:params:oauth:grant-type:token-exchange'],
      },
      ['grant_types[1]', 'exchangeable_apis[0]'],
    ],
    [
      'a public client that introspects',
      { tokenEndpointAuthMethod: NONE, introspectableApis: ['orders'] },
      ['introspectable_apis[0]'],
    ],
    ['an API id that is none', { introspectableApis: ['Orders'] }, ['introspectable_apis[0]']],
    ['assertions without a key', { tokenEndpointAuthMethod: PRIVATE_KEY_JWT }, ['jwks']],
    ['a certificate without one', { tokenEndpointAuthMethod: SELF_SIGNED }, ['jwks']],
    ['a key without certificate', { tokenEndpointAuthMethod: SELF_SIGNED, jwks: jwks.of(jwks.ec) }, ['jwks']],
    ['TLS without subject', { tokenEndpointAuthMethod: TLS }, ['tls_client_auth_subject_dn']],
    [
      'a subject that is none',
      { tokenEndpointAuthMethod: TLS, tlsClientAuthSubjectDn: 'shop' },
      ['tls_client_auth_subject_dn'],
    ],
    ['a subject without TLS', { tlsClientAuthSubjectDn: 'CN=shop' }, ['tls_client_auth_subject_dn']],
    ['logout over http', { backchannelLogoutUri: 'http://shop.example/bye' }, ['backchannel_logout_uri']],
    ['logout to an app', { backchannelLogoutUri: 'com.example.app:/bye' }, ['backchannel_logout_uri']],
    ['logout with fragment', { backchannelLogoutUri: 'https://shop.example/bye#x' }, ['backchannel_logout_uri']],
    ['a script as home page', { clientUri: 'javascript:alert(1)' }, ['client_uri']],
    ['ID tokens without signature', { idTokenSignedResponseAlg: 'none' }, ['id_token_signed_response_alg']],
    ['a digest of an access token', { registrationTokenDigest: new Uint8Array(32) }, ['registration_token_digest']],
  ])('%s', (_, changes, fields) => expect(wrong(changes)).toEqual(fields))
})

describe('refused key set', () => {
  test.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a key alone', JSON.stringify(jwks.ec)],
    ['no key', jwks.of()],
    ['a key that is none', '{"keys":[1]}'],
    ['a private key', jwks.of(jwks.ecPrivate)],
    ['a shared secret', jwks.of({ kty: 'oct', k: 'c2VjcmV0' })],
    ['another curve', jwks.of(jwks.p384)],
    ['Ed448', jwks.of({ kty: 'OKP', crv: 'Ed448', x: jwks.ec.x })],
    ['X25519', jwks.of({ kty: 'OKP', crv: 'X25519', x: jwks.ed.x })],
    ['a point off the curve', jwks.of({ ...jwks.ec, y: jwks.ec.x })],
    ['a short modulus', jwks.of(jwks.weak)],
    ['an exponent of 1', jwks.of({ ...jwks.rsa, e: 'AQ' })],
    ['HS256', jwks.of({ ...jwks.rsa, alg: 'HS256' })],
    ['none', jwks.of({ ...jwks.ec, alg: 'none' })],
    ['a key for encryption', jwks.of({ ...jwks.rsa, use: 'enc' })],
    ['keys without names', jwks.of(jwks.ec, jwks.rsa)],
    ['one name for two', jwks.of({ ...jwks.ec, kid: '1' }, { ...jwks.rsa, kid: '1' })],
    ['a certificate that is none', jwks.of({ ...jwks.ec, x5c: ['AAAA'] })],
    ['a prototype', '{"keys":[{"kty":"__proto__"}]}'],
    ['too much', jwks.of({ ...jwks.ec, pad: 'a'.repeat(33_000) })],
  ])('%s', (_, keys) => expect(wrong({ tokenEndpointAuthMethod: PRIVATE_KEY_JWT, jwks: keys })).toEqual(['jwks']))
})
