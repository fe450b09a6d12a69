import { type KeyObject, sign } from 'node:crypto'
import { SigningAlgorithm } from '@gatehouse/contracts/policy/v1/token_settings'
import type { SigningKeyView } from '@gatehouse/contracts/read_model/v1/views'
import { SigningKeyState } from '@gatehouse/contracts/token/v1/signing_key'
import type { DecisionState } from '@gatehouse/decision-state'
import { unavailable } from '@gatehouse/errors'
import type { SigningAlgorithmName } from '@gatehouse/policy-engine'
import { toLowS } from '@gatehouse/token-verifier'
import { readPrivateKey } from './key-pair.ts'
import type { SealedKeys } from './sealed-keys.ts'

export interface SigningKeys {
  /** `header.payload.signature` by the active key of the algorithm. @throws UNAVAILABLE `NO_SIGNING_KEY` */
  sign(environmentId: string, algorithm: SigningAlgorithmName, typ: string, payload: string): Promise<string> | string
}

const algorithms = {
  ES256: SigningAlgorithm.SIGNING_ALGORITHM_ES256,
  RS256: SigningAlgorithm.SIGNING_ALGORITHM_RS256,
} as const

interface UsableKey {
  readonly keyId: string
  readonly privateKey: KeyObject
  /** By `typ`: the encoded header with its dot. */
  readonly headers: Map<string, string>
}

/**
 * Signs with the keys that are in force in this process; private keys are opened when first needed.
 * @param makeMissing resolves when the environments have the keys that they need, as far as they can have them
 */
export function createSigningKeys(
  { signingKeys }: Pick<DecisionState, 'signingKeys'>,
  sealed: SealedKeys,
  makeMissing: () => Promise<void>,
): SigningKeys {
  const usable = new Map<string, UsableKey>()

  async function open(keyId: string): Promise<UsableKey> {
    const key = { keyId, privateKey: readPrivateKey(await sealed.open(keyId)), headers: new Map<string, string>() }
    usable.set(keyId, key)
    return key
  }

  return {
    sign(environmentId, algorithm, typ, payload) {
      const active = activeKey(environmentId, algorithm)
      const key = active && usable.get(active.keyId)
      if (key) return signWith(key, algorithm, typ, payload)
      return openActive(environmentId, algorithm).then((opened) => signWith(opened, algorithm, typ, payload))
    },
  }

  function activeKey(environmentId: string, algorithm: SigningAlgorithmName) {
    const signs = (key: SigningKeyView) =>
      key.state === SigningKeyState.SIGNING_KEY_STATE_ACTIVE && key.algorithm === algorithms[algorithm]
    return signingKeys().of(environmentId).findLast(signs)
  }

  /** An environment that has just become an issuer gets its first key with its first token. */
  async function openActive(environmentId: string, algorithm: SigningAlgorithmName): Promise<UsableKey> {
    if (!activeKey(environmentId, algorithm)) await makeMissing()
    const active = activeKey(environmentId, algorithm)
    if (!active) throw unavailable('NO_SIGNING_KEY', `no ${algorithm} key of ${environmentId} signs yet`)
    return usable.get(active.keyId) ?? open(active.keyId)
  }
}

function signWith(key: UsableKey, alg: SigningAlgorithmName, typ: string, payload: string): string {
  let header = key.headers.get(typ)
  if (!header) {
    header = `${Buffer.from(JSON.stringify({ alg, typ, kid: key.keyId })).toString('base64url')}.`
    key.headers.set(typ, header)
  }
  const text = header + Buffer.from(payload).toString('base64url')
  const signature = sign('sha256', Buffer.from(text, 'latin1'), { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
  // Of the two spellings of an ECDSA signature the verifier takes one.
  const canonical = alg === 'ES256' ? toLowS(signature) : signature
  return `${text}.${Buffer.from(canonical).toString('base64url')}`
}
