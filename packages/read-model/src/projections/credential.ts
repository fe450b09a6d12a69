import { encodeMessage } from '@gatehouse/contracts/encode'
import { type CredentialEvent, credentialEvents, decodeEvent } from '@gatehouse/contracts/events'
import { ApiKeyDigestView, EntitlementView, SubscriptionView } from '@gatehouse/contracts/read_model/v1/views'
import { splitKey } from '../keys.ts'
import type { Entry } from '../read-model.ts'
import { foldApiKey } from './api-key.ts'
import { foldClient } from './client.ts'
import { foldClientSecret, secretCutoff, secretCutoffKey } from './client-secret.ts'
import { type Projection, Unappliable } from './projection.ts'
import { foldSubscription } from './subscription.ts'

/** What only the credential service reads. */
const withoutView: ReadonlySet<string> = new Set<CredentialEvent['type']>([
  'gatehouse.credential.v1.InitialAccessTokenIssued',
  'gatehouse.credential.v1.InitialAccessTokenUsed',
  'gatehouse.credential.v1.InitialAccessTokenRevoked',
])

/**
 * Events of the credential log → `client/`, `client_secret/`, `subscription/` and `api_key/` views, and what leads to
 * them or reaches beyond one of them: `api_key_digest/`, `entitlement/`, `secret_cutoff/`.
 */
export const credentialProjection: Projection = {
  source: 'credential',
  passesOver: (type) => withoutView.has(type),
  fold(recorded, key, view) {
    const event = decodeEvent(credentialEvents, recorded)
    if (!event) throw new Unappliable(`unknown event type ${recorded.type}`)
    const { version, position } = recorded
    const value = foldView(event, key, view, version)
    return [
      { key, state: 'live', version, value },
      ...importedDigest(event, version),
      ...entitlement(event, value, position),
      ...secretCutoff(event, position),
    ]
  },
  // The event may have been the revocation of the secret.
  alsoParks: (key, view) => (view && key.startsWith('client_secret/') ? [secretCutoffKey(view)] : []),
}

/** The id under `api_key_digest` by which an imported API key is found: the SHA-256 of its text. */
export function digestId(digest: Uint8Array): string {
  return Buffer.from(digest.buffer, digest.byteOffset, digest.byteLength).toString('base64url')
}

function importedDigest({ type, data }: CredentialEvent, version: bigint): readonly Entry[] {
  if (type !== 'gatehouse.credential.v1.ApiKeyIssued' || !data.imported) return []
  const value = encodeMessage(ApiKeyDigestView, { apiKeyId: data.apiKeyId })
  return [{ key: `api_key_digest/${digestId(data.digest)}`, state: 'live', version, value }]
}

/** Of all subscriptions of the client to the API, so the position is the version. */
function entitlement({ type }: CredentialEvent, value: Uint8Array, version: bigint): readonly Entry[] {
  if (type !== 'gatehouse.credential.v1.SubscriptionActivated') return []
  const { subscriptionId, clientId, apiId } = SubscriptionView.decode(value)
  const view = encodeMessage(EntitlementView, { subscriptionId })
  return [{ key: `entitlement/${clientId}/${apiId}`, state: 'live', version, value: view }]
}

function foldView(event: CredentialEvent, key: string, view: Uint8Array | undefined, version: bigint): Uint8Array {
  const { noun, id } = splitKey(key)
  switch (noun) {
    case 'client':
      return foldClient(event, id, view, version)
    case 'client_secret':
      return foldClientSecret(event, id, view, version)
    case 'subscription':
      return foldSubscription(event, id, view, version)
    case 'api_key':
      return foldApiKey(event, id, view, version)
    default:
      throw new Unappliable(`the credential log does not own ${key}`)
  }
}
