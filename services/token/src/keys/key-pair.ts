import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { SigningAlgorithm } from '@gatehouse/contracts/policy/v1/token_settings'
import { thumbprint } from '@gatehouse/token-verifier'

const generate = promisify(generateKeyPair)

export interface KeyPair {
  /** RFC 7638 thumbprint of the public key. */
  readonly keyId: string
  /** With `kid`, `use` and `alg`. */
  readonly publicJwk: string
  /** PKCS #8, DER. */
  readonly privateKey: Uint8Array
}

/** Makes a key pair, off the event loop. */
export async function makeKeyPair(algorithm: SigningAlgorithm): Promise<KeyPair> {
  const rsa = algorithm === SigningAlgorithm.SIGNING_ALGORITHM_RS256
  const { publicKey, privateKey } = rsa
    ? await generate('rsa', { modulusLength: 2048, publicExponent: 0x10001 })
    : await generate('ec', { namedCurve: 'P-256' })
  const jwk = publicKey.export({ format: 'jwk' })
  const keyId = thumbprint({ ...jwk })
  const publicJwk = JSON.stringify({ ...jwk, kid: keyId, use: 'sig', alg: rsa ? 'RS256' : 'ES256' })
  return { keyId, publicJwk, privateKey: privateKey.export({ format: 'der', type: 'pkcs8' }) }
}

export function readPrivateKey(der: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' })
}
