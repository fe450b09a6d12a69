import { refused } from '../answer.ts'
import { formEndpoint } from '../endpoint.ts'
import type { TokenCalls } from '../token-calls.ts'

/** RFC 7009. A request that carries the position of the answer is decided with the revocation in force. */
export const revocationEndpoint = ({ revokeToken }: TokenCalls) =>
  formEndpoint({ name: 'revoke', crossOrigin: true }, async (endpoint, parameters) => {
    const { refusal, facts, position } = await revokeToken({ endpoint, parameters })
    if (refusal) return refused(refusal, facts)
    const headers: Record<string, string> = position > 0n ? { 'X-Gatehouse-Position': `token:${position}` } : {}
    return { response: { status: 200, headers }, facts: facts ?? { reason: 'ok' } }
  })
