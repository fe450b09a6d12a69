import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { decodeBase64url } from '../jws/base64url.ts'

/**
 * What the tokens of this service have in common, the most frequent last (RFC 1951 reaches back from the end). It must
 * stay as it is: another dictionary needs another mark.
 */
const dictionary = Buffer.from(
  [
    '"act":{"sub":"","client_id":""},"authorization_details":[{"type":""}],"origin_jtis":["","cnf":{"x5t#S256":""}',
    '"cnf":{"jkt":""}"auth_time":17"sid":"","scope":"openid profile email offline_access ","grant_id":""}',
    '{"alg":"RS256","typ":"at+jwt","kid":""}.{"alg":"ES256","typ":"at+jwt","kid":""}.{"iss":"https://","sub":"',
    '","aud":"https://","client_id":"","iat":17,"exp":17,"jti":"","scope":"read write","subscription_id":""}',
  ].join(''),
)
// A window of 1 KiB: zlib's own would first have to be cleared, and takes twice the time.
const settings = { dictionary, windowBits: 10, memLevel: 4 }
/** Longer than the longest token that is accepted. */
const textCharsMax = 64 * 1024

const plain = 0
const packed = 1

/**
 * Parts of a JWT (RFC 7515 compact form) in a third of the space: 1 M of them live in the memory of the read model. Text
 * that is no canonical base64url, or too long, is kept as it is.
 */
export function packParts(text: string): Uint8Array {
  const parts = text.length < textCharsMax ? text.split('.').map(decodeBase64url) : [undefined]
  if (!parts.every((part) => part !== undefined)) return Buffer.from(`${String.fromCharCode(plain)}${text}`, 'latin1')
  const framed = parts.flatMap((part) => [lengthOf(part), part])
  return Buffer.concat([Uint8Array.of(packed), deflateRawSync(Buffer.concat(framed), settings)])
}

/** The text again; undefined for bytes that packParts did not make. */
export function unpackParts(bytes: Uint8Array): string | undefined {
  const rest = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(1)
  if (bytes[0] === plain) return rest.toString('latin1')
  if (bytes[0] !== packed) return undefined
  try {
    return joinParts(inflateRawSync(rest, { ...settings, maxOutputLength: 3 * textCharsMax }))
  } catch {
    return undefined
  }
}

function lengthOf(part: Uint8Array): Uint8Array {
  return Uint8Array.of(part.length >> 8, part.length & 0xff)
}

function joinParts(framed: Buffer): string {
  const parts: string[] = []
  for (let at = 0; at < framed.length; ) {
    const end = at + 2 + framed.readUInt16BE(at)
    if (end > framed.length) throw new RangeError('a part is cut off')
    parts.push(framed.toString('base64url', at + 2, end))
    at = end
  }
  return parts.join('.')
}
