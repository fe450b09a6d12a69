import { createHmac, timingSafeEqual } from 'node:crypto'
import { decodeBase32, mintSecret, parseSecret, type SecretKind } from '@gatehouse/credential-format'

/** What a handle names: the grant, session or device authorization, and which of its handles. */
export interface Handle {
  readonly environmentId: string
  readonly id: string
  /** Generation of a refresh token; 0 elsewhere. */
  readonly number: number
}

/**
 * Codes, refresh tokens, device codes and session tokens: made from what they name by a key that is in no store, and
 * kept nowhere, not even as a digest. A handle that was not made here cannot be told from a mistyped one, and its state
 * is what the events of its aggregate say.
 */
export interface Handles {
  mint(kind: SecretKind, handle: Handle): string
  /** Undefined when it was not made here, for this kind. */
  open(kind: SecretKind, text: string): Handle | undefined
}

const numberBytes = 4
const macBytes = 28
const secretChars = 52

export function createHandles(key: Uint8Array): Handles {
  function secretOf(kind: SecretKind, { environmentId, id, number }: Handle): Buffer {
    const secret = Buffer.alloc(numberBytes + macBytes)
    secret.writeUInt32BE(number)
    // No part contains a line feed: different parts never make the same text.
    const mac = createHmac('sha256', key).update(`${kind}\n${environmentId}\n${id}\n${number}`).digest()
    mac.copy(secret, numberBytes, 0, macBytes)
    return secret
  }
  return {
    mint: (kind, handle) => mintSecret(kind, { ...handle, secret: secretOf(kind, handle) }),
    open(kind, text) {
      const parsed = parseSecret(kind, text)
      if (parsed.kind !== 'own') return undefined
      const secret = decodeBase32(text.slice(parsed.secretFrom, parsed.secretFrom + secretChars))
      if (secret?.length !== numberBytes + macBytes) return undefined
      const { environmentId, id } = parsed
      const handle = { environmentId, id, number: Buffer.from(secret).readUInt32BE() }
      return timingSafeEqual(secret, secretOf(kind, handle)) ? handle : undefined
    },
  }
}
