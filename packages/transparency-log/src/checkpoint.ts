import { createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto'
import { decodeBase64 } from './base64.ts'
import { HASH_BYTES } from './hash.ts'

/** How large a tree was, and its root. */
export interface Checkpoint {
  /** Which log: a name without blanks and `+`. */
  readonly origin: string
  readonly size: number
  readonly root: Buffer
}

export interface Signer {
  readonly origin: string
  readonly key: KeyObject
  /** For whoever verifies, to be had by a way of its own: `<origin>+<hash>+<public key>` (C2SP signed-note). */
  readonly verifierKey: string
}

/** The text is no checkpoint of the log, or not signed by its key. */
export class CheckpointRefused extends Error {
  override readonly name = 'CheckpointRefused'
}

const ed25519 = Buffer.of(1)
const keyBytes = 32
const signatureBytes = 64
const sizeText = /^(?:0|[1-9][0-9]{0,15})$/
const originText = /^[^\s+]{1,255}$/u

/** @throws RangeError when the name or the key is not fit */
export function signerOf(origin: string, key: KeyObject): Signer {
  if (!originText.test(origin)) throw new RangeError(`an origin has no blanks and no +: ${origin}`)
  if (key.asymmetricKeyType !== 'ed25519') throw new RangeError('a checkpoint is signed by Ed25519')
  const { x } = createPublicKey(key).export({ format: 'jwk' })
  const publicKey = Buffer.concat([ed25519, Buffer.from(x ?? '', 'base64url')])
  const verifierKey = `${origin}+${keyHash(origin, publicKey).toString('hex')}+${publicKey.toString('base64')}`
  return { origin, key, verifierKey }
}

/** A signed note with a checkpoint: C2SP tlog-checkpoint and signed-note. */
export function signCheckpoint({ origin, key, verifierKey }: Signer, size: number, root: Uint8Array): string {
  const text = `${origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`
  const signature = Buffer.concat([readVerifierKey(verifierKey).hash, sign(null, Buffer.from(text), key)])
  return `${text}\n\u2014 ${origin} ${signature.toString('base64')}\n`
}

/**
 * Reads a note whose signature is right. Signatures of others, such as witnesses, are passed over.
 * @throws CheckpointRefused
 */
export function openCheckpoint(note: string, verifierKey: string): Checkpoint {
  const trusted = readVerifierKey(verifierKey)
  const end = note.indexOf('\n\n')
  if (end < 0) throw new CheckpointRefused('no signed note')
  const text = note.slice(0, end + 1)
  const signed = note
    .slice(end + 2)
    .split('\n')
    .some((line) => isSignature(line, text, trusted))
  if (!signed) throw new CheckpointRefused(`not signed by ${trusted.name}`)
  const [origin = '', size = '', root = '', ...rest] = text.split('\n')
  const bytes = decodeBase64(root)
  if (origin !== trusted.name) throw new CheckpointRefused(`a checkpoint of ${origin}, not of ${trusted.name}`)
  if (!sizeText.test(size) || bytes?.length !== HASH_BYTES || rest.at(-1) !== '')
    throw new CheckpointRefused('no checkpoint')
  return { origin, size: Number(size), root: bytes }
}

interface Trusted {
  readonly name: string
  readonly hash: Buffer
  readonly key: KeyObject
}

function isSignature(line: string, text: string, { name, hash: expected, key }: Trusted): boolean {
  const [dash, signer, encoded = '', ...rest] = line.split(' ')
  if (dash !== '\u2014' || signer !== name || rest.length > 0) return false
  const bytes = decodeBase64(encoded)
  if (bytes?.length !== expected.length + signatureBytes || !bytes.subarray(0, expected.length).equals(expected))
    return false
  return verify(null, Buffer.from(text), key, bytes.subarray(expected.length))
}

/** @throws CheckpointRefused when the text is no verifier key, or its parts do not belong together */
function readVerifierKey(text: string): Trusted {
  const [name = '', hex = '', ...encoded] = text.trim().split('+')
  const bytes = decodeBase64(encoded.join('+'))
  if (bytes?.length !== 1 + keyBytes || bytes[0] !== ed25519[0] || keyHash(name, bytes).toString('hex') !== hex)
    throw new CheckpointRefused('no verifier key: <origin>+<hash>+<key>')
  const x = bytes.subarray(1).toString('base64url')
  return {
    name,
    hash: Buffer.from(hex, 'hex'),
    key: createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } }),
  }
}

function keyHash(name: string, publicKey: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), publicKey]), 'buffer').subarray(0, 4)
}
