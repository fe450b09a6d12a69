import { KeyRingView, type SigningKeyView } from '@gatehouse/contracts/read_model/v1/views'
import { splitKey } from './keys.ts'
import type { Stored } from './read-model.ts'
import { followWhole, type Kept, type WholeFollower, type WholeFollowerOptions } from './whole-follower.ts'

/** The signing keys of an environment by id; parked when nobody knows what they are, so that nothing may be believed. */
export type KeyRing =
  | { readonly state: 'found'; readonly keys: ReadonlyMap<string, SigningKeyView> }
  | { readonly state: 'parked'; readonly reason: string }

/** By environment. */
export type KeyRings = ReadonlyMap<string, KeyRing>

const kept: Kept<Map<string, KeyRing>> = {
  source: 'token',
  nouns: ['key_ring'],
  empty: () => new Map(),
  put(rings, key, stored) {
    const { id } = splitKey(key)
    const ring = stored && read(stored)
    if (ring) rings.set(id, ring)
    else rings.delete(id)
  },
}

/** Keeps the signing keys of every environment. */
export function followKeyRings(options: WholeFollowerOptions<KeyRings>): WholeFollower {
  return followWhole(kept, options)
}

function read(stored: Stored): KeyRing | undefined {
  if (stored.state === 'deleted') return undefined
  if (stored.state === 'parked') return stored
  try {
    const { signingKeys } = KeyRingView.decode(stored.value)
    return { state: 'found', keys: new Map(signingKeys.map((key) => [key.keyId, key])) }
  } catch {
    return { state: 'parked', reason: 'malformed view' }
  }
}
