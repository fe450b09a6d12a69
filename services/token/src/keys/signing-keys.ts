import { type KeyObject, sign } from 'node:crypto'
import { SigningAlgorithm } from '@gatehouse/contracts/policy/v1/token_settings'
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

/** Signs with the keys that are in force in this process; private keys are opened when first needed. */
export function createSigningKeys(
  { signingKeys }: Pick<DecisionState, 'signingKeys'>,
  sealed: SealedKeys,
): SigningKeys {
  const usable = new Map<string, UsableKey>()

  async function open(keyId: string): Promise<UsableKey> {
    const key = { keyId, privateKey: readPrivateKey(await sealed.open(keyId)), headers: new Map<string, string>() }
    usable.set(keyId, key)
    return key
  }

  return {
    sign(environmentId, algorithm, typ, payload) {
      const active = signingKeys()
        .of(environmentId)
        .findLast(
          (key) => key.state === SigningKeyState.SIGNING_KEY_STATE_ACTIVE && key.algorithm === algorithms[algorithm],
        )
      if (!active) throw unavailable('NO_SIGNING_KEY', `no ${algorithm} key of ${environmentId} signs yet`)
      const key = usable.get(active.keyId)
      return key
        ? signWith(key, algorithm, typ, payload)
        : open(active.keyId).then((opened) => signWith(opened, algorithm, typ, payload))
    },
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
