import { ClientSecretState } from '@gatehouse/contracts/credential/v1/client_secret'
import { encodeMessage } from '@gatehouse/contracts/encode'
import type { CredentialEvent } from '@gatehouse/contracts/events'
import { ClientSecretView, CutoffView } from '@gatehouse/contracts/read_model/v1/views'
import type { Entry } from '../read-model.ts'
import { existing, isNew, Unappliable } from './projection.ts'

export function foldClientSecret(event: CredentialEvent, id: string, bytes: Uint8Array | undefined, version: bigint) {
  if (!('clientSecretId' in event.data) || event.data.clientSecretId !== id)
    throw new Unappliable('the event is of another secret')
  const view = bytes && ClientSecretView.decode(bytes)
  return encodeMessage(ClientSecretView, { ...next(event, view), version })
}

/** What was issued to the client by then is refused; of the whole client, so the position is the version. */
export function secretCutoff(event: CredentialEvent, position: bigint): readonly Entry[] {
  if (event.type !== 'gatehouse.credential.v1.ClientSecretRevoked') return []
  const { clientId, revokeTime: before } = event.data
  if (!before) throw new Unappliable('revoke_time: a revocation without a time')
  const value = encodeMessage(CutoffView, { before })
  return [{ key: `secret_cutoff/${clientId}`, state: 'live', version: position, value }]
}

export function secretCutoffKey(bytes: Uint8Array): string {
  return `secret_cutoff/${ClientSecretView.decode(bytes).clientId}`
}

function next(event: CredentialEvent, view: ClientSecretView | undefined): ClientSecretView {
  switch (event.type) {
    case 'gatehouse.credential.v1.ClientSecretIssued': {
      isNew(view)
      const { clientSecretId, clientId, environmentId, digest, expireTime } = event.data
      if (digest.length !== 32) throw new Unappliable(`digest: ${digest.length} bytes are no SHA-256`)
      const state = ClientSecretState.CLIENT_SECRET_STATE_ACTIVE
      return { clientSecretId, clientId, environmentId, digest, state, expireTime, version: 0n }
    }
    case 'gatehouse.credential.v1.ClientSecretRevoked': {
      const before = existing(view)
      if (event.data.clientId !== before.clientId) throw new Unappliable('the secret is of another client')
      return { ...before, state: ClientSecretState.CLIENT_SECRET_STATE_REVOKED }
    }
    case 'gatehouse.credential.v1.ClientSecretExpirationChanged':
      return { ...existing(view), expireTime: event.data.expireTime }
    default:
      throw new Unappliable(`${event.type} is no event of a client's secret`)
  }
}
