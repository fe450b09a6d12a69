import { givenFor } from '@gatehouse/event-store/testing'
import { describe, test } from 'vitest'
import { type GrantCommand, grant } from './decide.ts'
import type { CodeProof } from './redeem.ts'
import {
  after,
  CODE_REPLAYED,
  challenge,
  code,
  facts,
  OPERATOR,
  redeemed,
  redirectUri,
  revoked,
  rotated,
  started,
  time,
} from './stories.fixture.ts'

const given = givenFor(grant)
const proof: CodeProof = { redirectUri, onlyRedirectUri: redirectUri, codeChallenge: challenge, dpopThumbprint: '' }
const redeem = (wrong: Partial<CodeProof> = {}, more: { clientId?: string; at?: Date } = {}): GrantCommand => ({
  ...{ type: 'redeem', grantId: 'grant1', clientId: more.clientId ?? 'app', time: more.at ?? after(1) },
  ...{ proof: { ...proof, ...wrong }, refreshable: true, confirmation: '' },
})
const device = { ...redeem(), proof: undefined } as GrantCommand

describe('happens', () => {
  test('started', () => given([]).when({ type: 'start', grantId: 'grant1', time, grant: facts }).then([started()]))
  test('redeemed', () => given([started()]).when(redeem()).then([redeemed()]))
  test('redeemed in the last moment', () =>
    given([started()])
      .when(redeem({}, { at: after(59.999) }))
      .then([redeemed({ at: after(59.999) })]))
  test('redeemed without refresh token', () =>
    given([started()])
      .when({ ...redeem(), refreshable: false } as GrantCommand)
      .then([redeemed({ refreshGeneration: undefined })]))
  test('redeemed bound to a key', () =>
    given([started()])
      .when({ ...redeem(), confirmation: 'jkt' } as GrantCommand)
      .then([redeemed({ confirmation: 'jkt' })]))
  test('redeemed with the key that the request named', () =>
    given([started({ code: { ...code, dpopThumbprint: 'jkt' } })])
      .when(redeem({ dpopThumbprint: 'jkt' }))
      .then([redeemed()]))
  test('redirect_uri left out at the token endpoint, where the client has one', () =>
    given([started()])
      .when(redeem({ redirectUri: undefined }))
      .then([redeemed()]))
  test('redirect_uri left out at both, where the client has one', () =>
    given([started({ code: { ...code, redirectUri: '' } })])
      .when(redeem({ redirectUri: undefined }))
      .then([redeemed()]))
  test('redirect_uri left out at the authorization endpoint alone', () =>
    given([started({ code: { ...code, redirectUri: '' } })])
      .when(redeem())
      .then([redeemed()]))
  test('redeemed by a device', () =>
    given([started({ code: undefined })])
      .when(device)
      .then([redeemed()]))
})

describe('replayed: the grant is revoked, and all that came from it', () => {
  const revocation = revoked(CODE_REPLAYED, after(1))
  test('at once', () => given([started(), redeemed()]).when(redeem()).then([revocation]))
  test('by whoever has no verifier', () =>
    given([started(), redeemed()])
      .when(redeem({ codeChallenge: 'other' }))
      .then([revocation]))
  test('long after', () =>
    given([started(), redeemed(), rotated(2n, after(3600))])
      .when(redeem({}, { at: after(86_400) }))
      .then([revoked(CODE_REPLAYED, after(86_400))]))
  test('where no refresh token was issued', () =>
    given([started(), redeemed({ refreshGeneration: undefined })])
      .when(redeem())
      .then([revocation]))
  test('by a device', () =>
    given([started({ code: undefined }), redeemed()])
      .when(device)
      .then([revocation]))
})

describe('refused, and changes nothing', () => {
  test('started twice', () =>
    given([started()]).when({ type: 'start', grantId: 'grant1', time, grant: facts }).thenRefused('GRANT_EXISTS'))
  test('unknown', () => given([]).when(redeem()).thenRefused('GRANT_NOT_FOUND'))
  test('other client', () =>
    given([started()])
      .when(redeem({}, { clientId: 'other' }))
      .thenRefused('GRANT_OF_OTHER_CLIENT'))
  test('replay by another client', () =>
    given([started(), redeemed()])
      .when(redeem({}, { clientId: 'other' }))
      .thenRefused('GRANT_OF_OTHER_CLIENT'))
  test('expired', () =>
    given([started()])
      .when(redeem({}, { at: after(60) }))
      .thenRefused('CODE_EXPIRED'))
  test('expired by 1 s', () =>
    given([started()])
      .when(redeem({}, { at: after(61) }))
      .thenRefused('CODE_EXPIRED'))
  test.each(['https://app.example/cb/', 'https://app.example/CB', 'https://app.example/cb?a', ''])(
    'other redirect_uri %j',
    (other) =>
      given([started()])
        .when(redeem({ redirectUri: other }))
        .thenRefused('REDIRECT_URI_MISMATCH'),
  )
  test('redirect_uri left out, where the client has several', () =>
    given([started()])
      .when(redeem({ redirectUri: undefined, onlyRedirectUri: undefined }))
      .thenRefused('REDIRECT_URI_MISMATCH'))
  test('redirect_uri was left out, and the client has several by now', () =>
    given([started({ code: { ...code, redirectUri: '' } })])
      .when(redeem({ onlyRedirectUri: undefined }))
      .thenRefused('REDIRECT_URI_MISMATCH'))
  test('other verifier', () =>
    given([started()])
      .when(redeem({ codeChallenge: 'other' }))
      .thenRefused('CODE_VERIFIER_MISMATCH'))
  test.each(['', challenge])('no challenge was sent, verifier of %j', (codeChallenge) =>
    given([started({ code: { ...code, codeChallenge: '' } })])
      .when(redeem({ codeChallenge }))
      .thenRefused('CODE_VERIFIER_MISMATCH'),
  )
  test.each(['', 'other'])('DPoP key %j instead of the one that the request named', (dpopThumbprint) =>
    given([started({ code: { ...code, dpopThumbprint: 'jkt' } })])
      .when(redeem({ dpopThumbprint }))
      .thenRefused('DPOP_KEY_MISMATCH'),
  )
  test('revoked', () =>
    given([started(), revoked(OPERATOR, time)])
      .when(redeem())
      .thenRefused('GRANT_REVOKED'))
  test('authorization code of a device', () =>
    given([started({ code: undefined })])
      .when(redeem())
      .thenRefused('CODE_OF_OTHER_KIND'))
  test('device code of an authorization', () => given([started()]).when(device).thenRefused('CODE_OF_OTHER_KIND'))
})
