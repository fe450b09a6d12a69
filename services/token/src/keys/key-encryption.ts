import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { ConfigurationError, readOrMakeSecret } from '@gatehouse/grpc-service'

/** Seals what must not be read in a store. A KMS is another implementation of it: both ends may be remote. */
export interface KeyEncryption {
  /** @param context what the bytes are; opening them as something else fails */
  seal(plain: Uint8Array, context: string): Promise<Uint8Array>
  /** Rejects when the bytes were sealed under another key, for another context, or changed since. */
  open(sealed: Uint8Array, context: string): Promise<Uint8Array>
}

const keyBytes = 32
const ivBytes = 12
const tagBytes = 16

/** AES-256-GCM: IV ‖ ciphertext ‖ tag. */
export function sealWith(key: Uint8Array, plain: Uint8Array, context: string): Uint8Array {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(context))
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** Throws when the bytes were sealed under another key, for another context, or changed since. */
export function openWith(key: Uint8Array, sealed: Uint8Array, context: string): Uint8Array {
  if (sealed.length < ivBytes + tagBytes) throw new Error('too short to be sealed')
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, ivBytes))
  decipher.setAAD(Buffer.from(context)).setAuthTag(sealed.subarray(sealed.length - tagBytes))
  return Buffer.concat([decipher.update(sealed.subarray(ivBytes, sealed.length - tagBytes)), decipher.final()])
}

/** The key-encryption key in a file (base64, 32 bytes), made at the first start, readable by its owner alone. */
export async function fileKeyEncryption(path: string): Promise<KeyEncryption> {
  const key = await readOrMake(path)
  return {
    seal: async (plain, context) => sealWith(key, plain, context),
    open: async (sealed, context) => openWith(key, sealed, context),
  }
}

async function readOrMake(path: string): Promise<Uint8Array> {
  const make = () => `${randomBytes(keyBytes).toString('base64')}\n`
  const text = await readOrMakeSecret(path, make).catch((error) => {
    throw cannotUse(path, error)
  })
  const key = Buffer.from(text.toString().trim(), 'base64')
  if (key.length !== keyBytes) throw cannotUse(path, new Error(`it must have ${keyBytes} bytes in base64`))
  return key
}

function cannotUse(path: string, error: unknown): ConfigurationError {
  const reason = error instanceof Error ? error.message : String(error)
  return new ConfigurationError(`the key-encryption key ${path} cannot be used: ${reason}`)
}
