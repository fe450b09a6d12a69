import type { SigningKeyView } from '@gatehouse/contracts/read_model/v1/views'
import { SigningKeyState } from '@gatehouse/contracts/token/v1/signing_key'
import type { State } from '../../check/state.ts'
import { documentEndpoint } from './document.ts'

/**
 * The keys of an environment that tokens may be verified with (RFC 7517): those that will sign, those that sign, and
 * those whose tokens still live. A key signs when it was here for as long as caches keep this document.
 */
export function jwksEndpoint(state: Pick<State, 'signingKeysOf' | 'positions'>, maxAgeSeconds: number) {
  return documentEndpoint({
    ...{ name: 'jwks', maxAgeSeconds },
    stamp: () => String(state.positions().token),
    write: ({ environment: { environmentId } }) => ({
      keys: state.signingKeysOf(environmentId).filter(isPublic).map(jwk),
    }),
  })
}

const publicStates: ReadonlySet<SigningKeyState> = new Set<SigningKeyState>([
  SigningKeyState.SIGNING_KEY_STATE_PUBLISHED,
  SigningKeyState.SIGNING_KEY_STATE_ACTIVE,
  SigningKeyState.SIGNING_KEY_STATE_RETIRED,
])

const isPublic = ({ state }: SigningKeyView) => publicStates.has(state)

/** Members of a public key alone (RFC 7518 section 6), whatever else may stand in the view. */
function jwk({ keyId, publicJwk }: SigningKeyView): object {
  const { kty, crv, x, y, n, e, alg } = JSON.parse(publicJwk)
  return { kty, crv, x, y, n, e, alg, use: 'sig', kid: keyId }
}
