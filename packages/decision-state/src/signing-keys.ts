import type { SigningKeyView } from '@gatehouse/contracts/read_model/v1/views'
import { SigningKeyState } from '@gatehouse/contracts/token/v1/signing_key'
import type { KeyRing, KeyRings } from '@gatehouse/read-model'
import { FactParked } from './load-views.ts'

/**
 * The signing keys whose tokens are accepted: published, active, and retired until their remove_time. Both throw
 * FactParked where an event of the environment's keys could not be applied: it may have removed any of them.
 */
export interface SigningKeys {
  find(environmentId: string, keyId: string): SigningKeyView | undefined
  /** In the order of their publication. */
  of(environmentId: string): readonly SigningKeyView[]
}

/** @param now milliseconds of the epoch */
export function signingKeysOf(rings: () => KeyRings, now: () => number = Date.now): SigningKeys {
  return {
    find(environmentId, keyId) {
      const key = keysOf(rings().get(environmentId))?.get(keyId)
      return key && isAccepted(key, now) ? key : undefined
    },
    of(environmentId) {
      const keys = keysOf(rings().get(environmentId)) ?? new Map<string, SigningKeyView>()
      return [...keys.values()].filter((key) => isAccepted(key, now))
    },
  }
}

function keysOf(ring: KeyRing | undefined): ReadonlyMap<string, SigningKeyView> | undefined {
  if (ring?.state === 'parked') throw new FactParked(ring.reason)
  return ring?.keys
}

// A published key may sign before this process has heard that it is active.
function isAccepted({ state, removeTime }: SigningKeyView, now: () => number): boolean {
  switch (state) {
    case SigningKeyState.SIGNING_KEY_STATE_PUBLISHED:
    case SigningKeyState.SIGNING_KEY_STATE_ACTIVE:
      return true
    case SigningKeyState.SIGNING_KEY_STATE_RETIRED:
      return removeTime !== undefined && removeTime.getTime() > now()
    default:
      return false
  }
}
