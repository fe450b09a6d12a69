import { timingSafeEqual } from 'node:crypto'
import { ClientSecretState } from '@gatehouse/contracts/credential/v1/client_secret'
import type { ClientSecretView } from '@gatehouse/contracts/read_model/v1/views'
import { digestSecret, parseSecret } from '@gatehouse/credential-format'
import { Refused } from '../../refused.ts'
import type { TokenParts } from '../../token-parts.ts'
import type { ClientRequest } from '../token-request.ts'
import { Proven } from './proven.ts'

const noDigest = new Uint8Array(32)

interface ReadSecret {
  readonly id: string
  readonly digest: Uint8Array
}

const proven = new Proven<ReadSecret>()

/** Throws, or rejects with, Refused; with the same work done for a secret that does not exist. */
export function checkSecret(
  { views }: TokenParts,
  { environment, facts, nowMs }: ClientRequest,
  { clientId, secret }: { readonly clientId: string; readonly secret: string },
): void | Promise<void> {
  const { id, digest } = proven.get(secret) ?? readSecret(secret)
  const check = (stored: ClientSecretView | undefined) => {
    const same = timingSafeEqual(digest, stored?.digest.length === 32 ? stored.digest : noDigest)
    if (!stored || !same || stored.clientId !== clientId || stored.environmentId !== environment.environmentId)
      throw new Refused('client_secret_mismatch')
    facts.add({ credentialId: stored.clientSecretId })
    if (stored.state !== ClientSecretState.CLIENT_SECRET_STATE_ACTIVE) throw new Refused('client_secret_revoked')
    if (stored.expireTime && stored.expireTime.getTime() <= nowMs) throw new Refused('client_secret_expired')
    proven.keep(secret, { id, digest })
  }
  const stored = views.clientSecret(id)
  return stored instanceof Promise ? stored.then(check) : check(stored)
}

function readSecret(secret: string): ReadSecret {
  const parsed = parseSecret('client_secret', secret)
  if (parsed.kind === 'malformed') throw new Refused('client_secret_malformed')
  return { id: parsed.id, digest: digestSecret(secret) }
}
