import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { decodeBase64url } from '../jws/base64url.ts'
import { separator, strip, unstrip } from './strip.ts'

/**
 * What the tokens of this service have in common once stripped, the most frequent last (RFC 1951 reaches back from the
 * end). It must stay as it is: another dictionary needs another mark.
 */
const dictionary = Buffer.from(
  [
    '"act":{"sub":"","client_id":""},"authorization_details":[{"type":""}],"origin_jtis":["\x02","cnf":{"x5t#S256":"\x01"}',
    '"cnf":{"jkt":"\x01"}}"scope":"openid profile email offline_access ","{"alg":"RS256","typ":"at+jwt","kid":"\x01"}\0',
    '","client_id":"\x03","iat":\x05,"exp":\x06,"jti":"\x02","scope":"read","subscription_id":"\x03",',
    '"grant_id":"\x03","sid":"\x03","auth_time":\x06}{"alg":"ES256","typ":"at+jwt","kid":"\x01"}\0{"iss":"https://","sub":"\x03',
    '","aud":"https://","client_id":"\x04\x11","iat":\x05,"exp":\x06,"jti":"\x02","scope":"read write","subscription_id":"\x03"}',
  ].join(''),
  'latin1',
)
// A window of 1 KiB: zlib's own would first have to be cleared, and takes twice the time.
const settings = { dictionary, windowBits: 10, memLevel: 4 }
/** Longer than the longest token that is accepted. */
const textCharsMax = 64 * 1024

const mark = { plain: 0, twoParts: 2, threeParts: 3 } as const

/**
 * Parts of a JWT (RFC 7515 compact form: header, payload and perhaps signature) in a third of the space: 1 M of them live
 * in the memory of the read model. What is random in them stands as bytes, the rest is packed. Text that is no canonical
 * base64url, or too long, is kept as it is.
 */
export function packParts(text: string): Uint8Array {
  return packed(text) ?? Buffer.from(`${String.fromCharCode(mark.plain)}${text}`, 'latin1')
}

function packed(text: string): Uint8Array | undefined {
  if (text.length >= textCharsMax) return undefined
  const [header, payload, signature, ...more] = text.split('.').map(decodeBase64url)
  const threeParts = text.indexOf('.') !== text.lastIndexOf('.')
  if (!header || !payload || (threeParts && !signature) || more.length > 0) return undefined
  const stripped = strip([header.toString('latin1'), payload.toString('latin1')])
  if (!stripped) return undefined
  const rest = deflateRawSync(Buffer.from(stripped.text, 'latin1'), settings)
  const kind = Uint8Array.of(threeParts ? mark.threeParts : mark.twoParts)
  return Buffer.concat([kind, rest, ...stripped.values, ...(signature ? [signature] : [])])
}

/** The text again; undefined for bytes that packParts did not make. */
export function unpackParts(bytes: Uint8Array): string | undefined {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const kind = all[0]
  if (kind === mark.plain) return all.toString('latin1', 1)
  if (kind !== mark.twoParts && kind !== mark.threeParts) return undefined
  try {
    const { text, bytesRead } = inflated(all.subarray(1))
    const end = 1 + bytesRead
    const found = unstrip(text, all.subarray(end))
    const parts = found?.text.split(separator) ?? []
    if (!found || parts.length !== 2) return undefined
    const encoded = parts.map((part) => Buffer.from(part, 'latin1').toString('base64url'))
    const signature = all.toString('base64url', end + found.bytesRead)
    if (kind === mark.twoParts) return signature === '' ? encoded.join('.') : undefined
    return [...encoded, signature].join('.')
  } catch {
    return undefined
  }
}

interface Inflated {
  readonly buffer: Buffer
  readonly engine: { readonly bytesWritten: number }
}

/** Deflate says itself where it ends. */
function inflated(bytes: Buffer): { text: string; bytesRead: number } {
  // Node's types do not know of `info`.
  const result: unknown = inflateRawSync(bytes, { ...settings, info: true, maxOutputLength: textCharsMax })
  const { buffer, engine } = result as Inflated
  return { text: buffer.toString('latin1'), bytesRead: engine.bytesWritten }
}
