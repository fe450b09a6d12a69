import { GrantRevocationReason } from '@gatehouse/contracts/token/v1/grant'
import type { RevokeTokenRequest, RevokeTokenResponse } from '@gatehouse/contracts/token/v1/token_service'
import { grant as grantDecider } from '../domain/grant/decide.ts'
import { revokedToken } from '../domain/revocation/revoked-token.ts'
import { authenticateClient } from '../issue/client-authentication/client-authentication.ts'
import { Parameters } from '../issue/parameters.ts'
import { type ClientRequest, placeOf } from '../issue/token-request.ts'
import { FactsOf, Refused, refusalOf } from '../refused.ts'
import { streams } from '../store/streams.ts'
import { transact } from '../store/transact.ts'
import type { TokenParts } from '../token-parts.ts'
import { type KnownToken, readToken } from '../tokens/read-token.ts'

/**
 * RFC 7009: a client revokes a token of its own. A refresh token takes its whole grant along. A token that is unknown,
 * dead or revoked already is revoked now: answered like one that was (section 2.2).
 * @throws UNAVAILABLE when it is not certain that it is revoked
 */
export async function revokeToken(parts: TokenParts, request: RevokeTokenRequest): Promise<RevokeTokenResponse> {
  const place = placeOf(parts.state, request.endpoint)
  const facts = new FactsOf()
  try {
    const parameters = new Parameters(request.parameters)
    const clientRequest = { ...place, parameters, facts }
    const { client } = await authenticateClient(parts, clientRequest)
    const token = await readToken(parts, clientRequest, parameters.require('token'))
    const position = token ? await revoke(parts, clientRequest, client.clientId, token) : 0n
    return { refusal: undefined, facts: facts.as('ok'), position }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return {
      refusal: refusalOf(error.reason, place.environment.environmentId),
      facts: facts.as(error.reason),
      position: 0n,
    }
  }
}

async function revoke(parts: TokenParts, request: ClientRequest, clientId: string, known: KnownToken): Promise<bigint> {
  const owner = known.kind === 'access' ? known.token.clientId : known.clientId
  if (owner !== clientId) throw new Refused('token_of_another_client')
  return known.kind === 'access' ? revokeAccess(parts, request, known) : revokeGrant(parts, request, known)
}

async function revokeAccess(
  { store }: TokenParts,
  { environment, facts, nowMs }: ClientRequest,
  { token }: KnownToken & { readonly kind: 'access' },
): Promise<bigint> {
  const { environmentId } = environment
  const { tokenId, clientId, grantId, userId } = token
  facts.add({ tokenId, grantId: grantId ?? '', userId: userId ?? '' })
  const time = new Date(nowMs)
  const expireTime = new Date((token.expiresAt + 120) * 1000)
  const command = { environmentId, tokenId, clientId, reason: 'revoked by its client', expireTime, time }
  const { position } = await transact(store, {
    streams: { token: streams.revokedToken(environmentId, tokenId) },
    decide: (states) => ({ events: { token: revokedToken.decide(command, states.token) } }),
  })
  return position
}

async function revokeGrant(
  { store }: TokenParts,
  { facts, nowMs }: ClientRequest,
  { grantId, userId }: KnownToken & { readonly kind: 'refresh' },
): Promise<bigint> {
  facts.add({ grantId, userId })
  const time = new Date(nowMs)
  const reason = GrantRevocationReason.GRANT_REVOCATION_REASON_CLIENT
  const command = { type: 'revoke', grantId, reason, time } as const
  const { position } = await transact(store, {
    streams: { grant: streams.grant(grantId) },
    decide: (states) => ({ events: { grant: grantDecider.decide(command, states.grant) } }),
  })
  return position
}
