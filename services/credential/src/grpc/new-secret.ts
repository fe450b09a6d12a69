import { randomBytes } from 'node:crypto'
import { digestSecret, mintSecret, type SecretKind, secretBytes } from '@gatehouse/credential-format'
import { newId } from './new-key.ts'

/** A new secret: `text` is the whole of it, to be shown once; events may know its id and digest. */
export function mintNew(kind: SecretKind, environmentId: string, id = newId()) {
  const text = mintSecret(kind, { environmentId, id, secret: randomBytes(secretBytes) })
  return { text, id, digest: digestSecret(text) }
}

export function mintClientSecret(environmentId: string) {
  const { text, id: clientSecretId, digest } = mintNew('client_secret', environmentId)
  return { text, secret: { clientSecretId, digest } }
}
