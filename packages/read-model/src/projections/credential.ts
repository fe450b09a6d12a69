import { type CredentialEvent, credentialEvents, decodeEvent } from '@gatehouse/contracts/events'
import { ApiKeyDigestView } from '@gatehouse/contracts/read_model/v1/views'
import { splitKey } from '../keys.ts'
import type { Entry } from '../read-model.ts'
import { foldApiKey } from './api-key.ts'
import { foldClient } from './client.ts'
import { type Projection, Unappliable } from './projection.ts'
import { foldSubscription } from './subscription.ts'

/** Events of the credential log → `client/`, `subscription/`, `api_key/` and `api_key_digest/` views. */
export const credentialProjection: Projection = {
  source: 'credential',
  fold(recorded, key, view) {
    const event = decodeEvent(credentialEvents, recorded)
    if (!event) throw new Unappliable(`unknown event type ${recorded.type}`)
    const { version } = recorded
    const entry: Entry = { key, state: 'live', version, value: foldView(event, key, view, version) }
    const digest = importedDigest(event)
    if (!digest) return [entry]
    const { id: apiKeyId } = splitKey(key)
    const value = ApiKeyDigestView.encode({ apiKeyId }).finish()
    return [entry, { key: `api_key_digest/${digestId(digest)}`, state: 'live', version, value }]
  },
}

/** The id under `api_key_digest` by which an imported API key is found: the SHA-256 of its text. */
export function digestId(digest: Uint8Array): string {
  return Buffer.from(digest.buffer, digest.byteOffset, digest.byteLength).toString('base64url')
}

function importedDigest(event: CredentialEvent): Uint8Array | undefined {
  return event.type === 'gatehouse.credential.v1.ApiKeyIssued' && event.data.imported ? event.data.digest : undefined
}

function foldView(event: CredentialEvent, key: string, view: Uint8Array | undefined, version: bigint): Uint8Array {
  const { noun, id } = splitKey(key)
  switch (noun) {
    case 'client':
      return foldClient(event, id, view, version)
    case 'subscription':
      return foldSubscription(event, id, view, version)
    case 'api_key':
      return foldApiKey(event, id, view, version)
    default:
      throw new Unappliable(`the credential log does not own ${key}`)
  }
}
