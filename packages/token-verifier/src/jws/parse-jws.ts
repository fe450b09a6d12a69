import type { SignatureAlgorithm } from '../jwk/verification-key.ts'
import { decodeBase64url, decodeUtf8 } from './base64url.ts'
import { type JsonObject, parseStrictObject } from './strict-json.ts'

/** Why a text is no JWS that the rules allow. */
export type JwsFault = 'malformed' | 'header_refused' | 'algorithm_refused' | 'type_wrong'

/** What one kind of JWS may look like (RFC 8725 section 3.11: kinds must not be mixed up). */
export interface JwsRules {
  /** Longest text that is looked at. */
  readonly charsMax: number
  readonly algorithms: readonly SignatureAlgorithm[]
  /** `typ`, exact; undefined among them lets it be left out. */
  readonly types: readonly (string | undefined)[]
  /**
   * Header parameters that may stand beside `alg` and `typ`. Every other one is refused: with `crit`, `b64`, `zip` or
   * `cty` the text means something else, and `jku`, `x5u`, `x5c` or `jwk` bring a key of the sender's choice.
   */
  readonly parameters: readonly ('kid' | 'jwk')[]
}

export interface JwsHeader {
  readonly alg: SignatureAlgorithm
  readonly typ: string | undefined
  readonly kid: string | undefined
  readonly jwk: JsonObject | undefined
}

/** A well-formed JWS of the wanted kind. Nothing of it is proven. */
export interface Jws {
  readonly header: JwsHeader
  /** `header.payload`, what was signed. */
  readonly signedText: string
  readonly encodedHeader: string
  readonly encodedPayload: string
  readonly signature: Uint8Array
}

const kidCharsMax = 256
const names = ['alg', 'typ']

/**
 * Reads a JWS in compact serialisation (RFC 7515 section 7.1) in its one canonical spelling.
 * @param known headers by their encoded text that were read by the same rules before
 */
export function parseJws(text: string, rules: JwsRules, known?: ReadonlyMap<string, JwsHeader>): Jws | JwsFault {
  if (text.length > rules.charsMax) return 'malformed'
  const first = text.indexOf('.')
  const second = text.indexOf('.', first + 1)
  if (first < 1 || second < first + 2 || text.includes('.', second + 1)) return 'malformed'
  const encodedHeader = text.slice(0, first)
  const header = known?.get(encodedHeader) ?? parseHeader(encodedHeader, rules)
  if (typeof header === 'string') return header
  const signature = decodeBase64url(text.slice(second + 1))
  if (!signature) return 'malformed'
  const encodedPayload = text.slice(first + 1, second)
  return { header, signature, signedText: text.slice(0, second), encodedHeader, encodedPayload }
}

/** The claims of a JWS whose signature was not looked at: only to find the key by. Undefined when malformed. */
export function unverifiedClaims({ encodedPayload }: Jws): JsonObject | undefined {
  return parsePart(encodedPayload)
}

function parsePart(part: string): JsonObject | undefined {
  const bytes = decodeBase64url(part)
  const text = bytes && decodeUtf8(bytes)
  return text === undefined ? undefined : parseStrictObject(text)
}

function parseHeader(encoded: string, rules: JwsRules): JwsHeader | JwsFault {
  const header = parsePart(encoded)
  return header ? readHeader(header, rules) : 'malformed'
}

function readHeader(header: JsonObject, rules: JwsRules): JwsHeader | JwsFault {
  for (const name of Object.keys(header)) {
    if (!names.includes(name) && !rules.parameters.some((allowed) => allowed === name)) return 'header_refused'
  }
  const { alg, typ, kid, jwk } = header
  const algorithm = rules.algorithms.find((allowed) => allowed === alg)
  if (!algorithm) return 'algorithm_refused'
  if (typ !== undefined && typeof typ !== 'string') return 'malformed'
  if (!rules.types.includes(typ)) return 'type_wrong'
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || kid.length > kidCharsMax)) return 'malformed'
  if (jwk !== undefined && (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk))) return 'malformed'
  return { alg: algorithm, typ, kid, jwk: jwk as JsonObject | undefined }
}
