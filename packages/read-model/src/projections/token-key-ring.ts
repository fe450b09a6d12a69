import { encodeMessage } from '@gatehouse/contracts/encode'
import type { TokenEvent } from '@gatehouse/contracts/events'
import { KeyRingView, type SigningKeyView } from '@gatehouse/contracts/read_model/v1/views'
import { SigningKeyState } from '@gatehouse/contracts/token/v1/signing_key'
import type { Entry } from '../read-model.ts'
import { existing, Unappliable } from './projection.ts'

export type KeyRingEvent = Extract<TokenEvent, { type: `gatehouse.token.v1.SigningKey${string}` }>

export function foldKeyRing(event: KeyRingEvent, bytes: Uint8Array | undefined, version: bigint): Entry {
  const { environmentId, keyId } = event.data
  const before = bytes ? KeyRingView.decode(bytes).signingKeys : []
  const present = before.find((each) => each.keyId === keyId)
  const key = { ...next(event, present), version }
  const signingKeys = present ? before.map((each) => (each === present ? key : each)) : [...before, key]
  const value = encodeMessage(KeyRingView, { signingKeys, version })
  return { key: `key_ring/${environmentId}`, state: 'live', version, value }
}

function next({ type, data }: KeyRingEvent, present: SigningKeyView | undefined): SigningKeyView {
  switch (type) {
    case 'gatehouse.token.v1.SigningKeyPublished': {
      // Also a removed key is there: its thumbprint is its id, so it would be the same key once more.
      if (present) throw new Unappliable('the key was published before')
      const { keyId, environmentId, algorithm, publicJwk } = data
      const state = SigningKeyState.SIGNING_KEY_STATE_PUBLISHED
      return { keyId, environmentId, algorithm, state, publicJwk, removeTime: undefined, version: 0n }
    }
    case 'gatehouse.token.v1.SigningKeyActivated':
      return moved(present, { state: SigningKeyState.SIGNING_KEY_STATE_ACTIVE })
    case 'gatehouse.token.v1.SigningKeyRetired': {
      const { removeTime } = data
      return moved(present, { state: SigningKeyState.SIGNING_KEY_STATE_RETIRED, removeTime })
    }
    case 'gatehouse.token.v1.SigningKeyRemoved': {
      const { removeTime } = data
      return moved(present, { state: SigningKeyState.SIGNING_KEY_STATE_REMOVED, publicJwk: '', removeTime })
    }
  }
}

// Removed is final: whatever comes after it lets nobody in again.
function moved(present: SigningKeyView | undefined, change: Partial<SigningKeyView>): SigningKeyView {
  const before = existing(present)
  return before.state === SigningKeyState.SIGNING_KEY_STATE_REMOVED ? before : { ...before, ...change }
}
