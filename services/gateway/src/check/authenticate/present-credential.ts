import type { Matched } from '@gatehouse/policy-engine'
import { repeated } from '../../http1/exchange.ts'
import type { Inquiry } from '../inquiry.ts'
import { type AccessTokenParts, presentAccessToken, readBearer } from './access-token.ts'
import { presentApiKey } from './api-key.ts'
import { ambiguous, type Presented } from './presented.ts'

/**
 * The one credential of a request, of a kind that its operation takes. Of two, even of two kinds, none is guessed to be
 * the one that is meant.
 */
export function presentCredential(
  parts: AccessTokenParts,
  { exchange, nowMs }: Inquiry,
  match: Matched,
): Presented | Promise<Presented> {
  const { environment, api, operation } = match
  const apiKey = presentApiKey(exchange, api, operation)
  const { issuer } = environment
  if (!operation.takesTokens || !issuer || !api.tokens) return apiKey
  const authorization = exchange.header('authorization')
  if (authorization === repeated) return ambiguous
  const facts = authorization === undefined ? undefined : readBearer(exchange, authorization, issuer, nowMs)
  if (!facts) return apiKey
  return apiKey.credential.kind === 'none' ? presentAccessToken(parts, match, issuer, api.tokens, facts) : ambiguous
}
