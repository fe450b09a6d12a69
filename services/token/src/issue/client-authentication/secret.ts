import { timingSafeEqual } from 'node:crypto'
import { ClientSecretState } from '@gatehouse/contracts/credential/v1/client_secret'
import { digestSecret, parseSecret } from '@gatehouse/credential-format'
import { Refused } from '../../refused.ts'
import type { TokenParts } from '../../token-parts.ts'
import type { ClientRequest } from '../token-request.ts'

const noDigest = new Uint8Array(32)

/** @throws Refused; with the same work done for a secret that does not exist */
export async function checkSecret(
  { views }: TokenParts,
  { environment, facts, nowMs }: ClientRequest,
  { clientId, secret }: { readonly clientId: string; readonly secret: string },
): Promise<void> {
  const parsed = parseSecret('client_secret', secret)
  if (parsed.kind === 'malformed') throw new Refused('client_secret_malformed')
  const stored = await views.clientSecret(parsed.id)
  const same = timingSafeEqual(digestSecret(secret), stored?.digest.length === 32 ? stored.digest : noDigest)
  if (!stored || !same || stored.clientId !== clientId || stored.environmentId !== environment.environmentId)
    throw new Refused('client_secret_mismatch')
  facts.add({ credentialId: stored.clientSecretId })
  if (stored.state !== ClientSecretState.CLIENT_SECRET_STATE_ACTIVE) throw new Refused('client_secret_revoked')
  if (stored.expireTime && stored.expireTime.getTime() <= nowMs) throw new Refused('client_secret_expired')
}
