import { encodeBase32, isBase32 } from './base32.ts'
import { checksum, idChars, isEnvironmentId, prefixes, type SecretKind, secretBytes, secretIdBytes } from './layout.ts'

export interface SecretParts {
  /** `[a-z][a-z0-9-]{0,31}` */
  readonly environmentId: string
  /** `encodeBase32` of 10 bytes: 16 characters. */
  readonly id: string
  /** 32 bytes. */
  readonly secret: Uint8Array
}

/**
 * Writes `<prefix><environment>_<id>_<secret>_<checksum>`; the same parts give the same text.
 * Throws RangeError for parts of a wrong size or syntax.
 */
export function mintSecret(kind: SecretKind, { environmentId, id, secret }: SecretParts): string {
  if (!isEnvironmentId(environmentId, 0, environmentId.length)) throw new RangeError('malformed environment id')
  if (id.length !== idChars || !isBase32(id, 0, idChars, 0)) {
    throw new RangeError(`the id of a secret is base32 of ${secretIdBytes} bytes`)
  }
  if (secret.length !== secretBytes) throw new RangeError(`a secret has ${secretBytes} bytes`)
  const body = `${prefixes[kind]}${environmentId}_${id}_${encodeBase32(secret)}`
  return `${body}_${checksum(body)}`
}
