import { encodeBase32, isBase32 } from './base32.ts'
import { apiKeyIdBytes, apiKeySecretBytes, checksum, idChars, isEnvironmentId, prefix } from './layout.ts'

export { apiKeyIdBytes, apiKeySecretBytes } from './layout.ts'

export interface MintedApiKey {
  /** `[a-z][a-z0-9-]{0,31}` */
  readonly environmentId: string
  /** `encodeBase32` of 10 random bytes: 16 characters. */
  readonly id: string
  /** 32 random bytes. */
  readonly secret: Uint8Array
}

/**
 * Writes the API key `gh_<environment>_<id>_<secret>_<checksum>`; the same parts give the same key.
 * Throws RangeError for parts of a wrong size or syntax.
 */
export function mintApiKey({ environmentId, id, secret }: MintedApiKey): string {
  if (!isEnvironmentId(environmentId, 0, environmentId.length)) throw new RangeError('malformed environment id')
  if (id.length !== idChars || !isBase32(id, 0, idChars, 0)) {
    throw new RangeError(`an API key id is base32 of ${apiKeyIdBytes} bytes`)
  }
  if (secret.length !== apiKeySecretBytes) throw new RangeError(`an API key secret has ${apiKeySecretBytes} bytes`)
  const body = `${prefix}${environmentId}_${id}_${encodeBase32(secret)}`
  return `${body}_${checksum(body)}`
}
