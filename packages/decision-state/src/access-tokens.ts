import type { TokenFormName, TokenReason } from '@gatehouse/policy-engine'
import type { ViewCache } from '@gatehouse/read-model'
import { type AccessToken, createTokenVerifier, type Expectation, type Verification } from '@gatehouse/token-verifier'
import type { DecisionState } from './decision-state.ts'
import { createReferenceTokens, type ResolveReferenceToken } from './reference-tokens.ts'
import { createVerificationKeys } from './verification-keys.ts'

/** Where a token was shown. */
export interface TokenPlace {
  readonly environmentId: string
  /** `iss` of the environment's tokens. */
  readonly issuer: string
  /** What clients hold there. */
  readonly form: TokenFormName
  readonly nowMs: number
}

/** An access token of the issuer, right by itself: what revokes it, and whether it is for the API, is another question. */
export interface VerifiedToken {
  readonly kind: 'verified'
  readonly token: AccessToken
  /** The JWT behind an opaque text; undefined where the client holds the JWT itself. */
  readonly jwt: string | undefined
}

export type ReadToken = VerifiedToken | { readonly kind: 'refused'; readonly reason: TokenReason }

/** Reads what clients hold: JWTs, phantom and split tokens. */
export interface AccessTokens {
  /** Throws, or rejects, like ReferenceTokens, and with FactParked where the signing keys are not known. */
  read(text: string, place: TokenPlace): ReadToken | Promise<ReadToken>
}

export interface AccessTokensOptions {
  readonly state: Pick<DecisionState, 'signingKeys' | 'catchUp'>
  readonly views: Pick<ViewCache, 'referenceToken'>
  readonly resolve: ResolveReferenceToken
}

/** What is right is remembered, in bounded memory. */
export function createAccessTokens({ state, views, resolve }: AccessTokensOptions): AccessTokens {
  const verifier = createTokenVerifier()
  const verificationKey = createVerificationKeys(state)
  const references = createReferenceTokens({ views, resolve })

  function expectationOf({ environmentId, issuer, nowMs }: TokenPlace): Expectation {
    return { issuer, key: (kid) => verificationKey(environmentId, kid), nowMs }
  }

  function verify(text: string, place: TokenPlace, jwt: string | undefined): ReadToken | Promise<ReadToken> {
    const known = verifier.recall(text, expectationOf(place))
    return known ? readOf(known, jwt) : verifyNew(text, place, jwt)
  }

  async function verifyNew(text: string, place: TokenPlace, jwt: string | undefined): Promise<ReadToken> {
    // Signatures that one turn of the event loop brings are checked one after the other: in between, each would have to
    // fetch its tables into the processor's caches again, and whatever comes after it would have to fetch its own.
    await undefined
    const read = readOf(verifier.verify(text, expectationOf(place)), jwt)
    if (read.kind !== 'refused' || read.reason !== 'token_key_unknown') return read
    // The first key of an environment, or the one after an emergency, signs before everybody has heard of it.
    const caughtUp = await state.catchUp('token')
    return caughtUp ? readOf(verifier.verify(text, expectationOf(place)), jwt) : read
  }

  return {
    read(text, place) {
      // What an upstream was shown in the place of an opaque token opens nothing outside.
      if (text.includes('.')) return place.form === 'jwt' ? verify(text, place, undefined) : wrongForm
      const behind = (jwt: string | undefined) => (jwt === undefined ? unknown : verify(jwt, place, jwt))
      const found = references.find(place.environmentId, text)
      return found instanceof Promise ? found.then(behind) : behind(found)
    },
  }
}

function readOf(verification: Verification, jwt: string | undefined): ReadToken {
  if (verification.kind === 'refused') return { kind: 'refused', reason: verification.fault }
  return { kind: 'verified', token: verification.token, jwt }
}

const wrongForm: ReadToken = { kind: 'refused', reason: 'token_form_wrong' }
const unknown: ReadToken = { kind: 'refused', reason: 'token_unknown' }
