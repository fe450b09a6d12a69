import type { TokenEvent } from '@gatehouse/contracts/events'
import { type SigningKey, SigningKeyState } from '@gatehouse/contracts/token/v1/signing_key'

const { SIGNING_KEY_STATE_PUBLISHED: PUBLISHED, SIGNING_KEY_STATE_ACTIVE: ACTIVE } = SigningKeyState
const { SIGNING_KEY_STATE_RETIRED: RETIRED, SIGNING_KEY_STATE_REMOVED: REMOVED } = SigningKeyState

export type KeyFacts = Omit<SigningKey, 'version'>

/** The signing keys of one environment, oldest first, the removed ones included. */
export interface KeyRing {
  readonly keys: readonly KeyFacts[]
}

export const initialState: KeyRing = { keys: [] }

export function evolve(ring: KeyRing, { type, data }: TokenEvent): KeyRing {
  switch (type) {
    case 'gatehouse.token.v1.SigningKeyPublished': {
      const { keyId, environmentId, algorithm, publicJwk, publishTime } = data
      const times = { publishTime, activateTime: undefined, retireTime: undefined, removeTime: undefined }
      return { keys: [...ring.keys, { keyId, environmentId, algorithm, state: PUBLISHED, publicJwk, ...times }] }
    }
    case 'gatehouse.token.v1.SigningKeyActivated':
      return change(ring, data.keyId, { state: ACTIVE, activateTime: data.activateTime })
    case 'gatehouse.token.v1.SigningKeyRetired':
      return change(ring, data.keyId, { state: RETIRED, retireTime: data.retireTime, removeTime: data.removeTime })
    case 'gatehouse.token.v1.SigningKeyRemoved':
      return change(ring, data.keyId, { state: REMOVED, removeTime: data.removeTime })
    default:
      return ring
  }
}

function change({ keys }: KeyRing, keyId: string, to: Partial<KeyFacts>): KeyRing {
  return { keys: keys.map((key) => (key.keyId === keyId ? { ...key, ...to } : key)) }
}
