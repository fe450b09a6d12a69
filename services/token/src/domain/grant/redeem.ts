import type { TokenEvent } from '@gatehouse/contracts/events'
import { type AuthorizationCode, GrantRevocationReason, GrantState } from '@gatehouse/contracts/token/v1/grant'
import { failedPrecondition } from '@gatehouse/errors'
import type { ExistingGrant } from './grant.ts'
import { revoked } from './revoked.ts'

/** Redeems the code that a grant began with: the authorization code, or the device code that its user approved. */
export interface RedeemCode {
  readonly type: 'redeem'
  /** Who authenticated. */
  readonly clientId: string
  /** What an authorization code is bound to; undefined for a device, whose grant has no code. */
  readonly proof: CodeProof | undefined
  /** Whether the client gets a refresh token. */
  readonly refreshable: boolean
  /** Thumbprint of the key that the refresh tokens are to be bound to; empty: none. */
  readonly confirmation: string
}

export interface CodeProof {
  /** As the token request has it; undefined: left out. */
  readonly redirectUri: string | undefined
  /** The redirect URI of the client, where it registered exactly one. */
  readonly onlyRedirectUri: string | undefined
  /** S256 of the verifier of the token request (RFC 7636 section 4.6). */
  readonly codeChallenge: string
  /** Of the DPoP proof of the token request; empty: none. */
  readonly dpopThumbprint: string
}

/** @throws FAILED_PRECONDITION, which changes nothing: whoever holds the code alone cannot end the user's grant. */
export function redeem(command: RedeemCode, found: ExistingGrant, time: Date): readonly TokenEvent[] {
  const { grant, state } = found
  if (command.clientId !== grant.clientId) throw refused('GRANT_OF_OTHER_CLIENT')
  if (state === GrantState.GRANT_STATE_REVOKED) throw refused('GRANT_REVOKED')
  if (state !== GrantState.GRANT_STATE_STARTED) {
    // RFC 6749 section 4.1.2: one of both who had the code is a thief, and nobody can tell which.
    return [revoked(found, GrantRevocationReason.GRANT_REVOCATION_REASON_CODE_REPLAYED, time)]
  }
  if ((grant.code === undefined) !== (command.proof === undefined)) throw refused('CODE_OF_OTHER_KIND')
  if (grant.code && command.proof) requireProof(grant.code, command.proof, time)
  const { confirmation, refreshable } = command
  const refreshGeneration = refreshable ? 1n : undefined
  const data = { grantId: grant.grantId, redeemTime: time, refreshGeneration, confirmation }
  return [{ type: 'gatehouse.token.v1.AuthorizationCodeRedeemed', data }]
}

function requireProof(code: AuthorizationCode, proof: CodeProof, time: Date): void {
  if (!code.expireTime || time >= code.expireTime) throw refused('CODE_EXPIRED')
  if (!sameRedirectUri(code, proof)) throw refused('REDIRECT_URI_MISMATCH')
  // An empty challenge is met by no verifier: that would be the downgrade of RFC 9700 section 4.8.2.
  if (!code.codeChallenge || code.codeChallenge !== proof.codeChallenge) throw refused('CODE_VERIFIER_MISMATCH')
  if (code.dpopThumbprint && code.dpopThumbprint !== proof.dpopThumbprint) throw refused('DPOP_KEY_MISMATCH')
}

function sameRedirectUri(code: AuthorizationCode, { redirectUri, onlyRedirectUri }: CodeProof): boolean {
  if (redirectUri === undefined) return onlyRedirectUri !== undefined
  return redirectUri === (code.redirectUri || onlyRedirectUri)
}

function refused(reason: string): Error {
  return failedPrecondition(reason, 'the code cannot be redeemed')
}
