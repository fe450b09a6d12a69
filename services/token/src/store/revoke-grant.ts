import type { GrantRevocationReason } from '@gatehouse/contracts/token/v1/grant'
import { grant as decider } from '../domain/grant/decide.ts'
import { streams } from './streams.ts'
import type { TokenStore } from './token-store.ts'
import { transact } from './transact.ts'

/**
 * Revokes a grant and all that came from it; nothing when it was revoked. Answers the position of the revocation.
 * @throws NOT_FOUND
 */
export async function revokeGrant(store: TokenStore, grantId: string, reason: GrantRevocationReason): Promise<bigint> {
  const { position } = await transact(store, {
    streams: { grant: streams.grant(grantId) },
    decide: ({ grant }) => ({
      events: { grant: decider.decide({ type: 'revoke', grantId, reason, time: new Date() }, grant) },
    }),
  })
  return position
}
