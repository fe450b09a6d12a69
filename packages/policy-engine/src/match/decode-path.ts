import { dotSegment } from './dot-segment.ts'
import { char, encodedByte, hexValue, isUnreserved } from './path-characters.ts'
import { type PathRefusal, refusals } from './path-refusal.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The slow half of canonicalPath, for a path of allowed characters that holds escapes. */
export function decodePath(path: string): string | PathRefusal {
  let canonical = '/'
  let segment = 1
  for (let at = 1; at < path.length; ) {
    const code = path.charCodeAt(at)
    if (code === char.slash) {
      const refusal = dotSegment(canonical, segment, canonical.length)
      if (refusal) return refusal
      canonical += '/'
      segment = canonical.length
      at++
    } else if (code === char.percent) {
      const piece = encodedByte(path, at) < 0x80 ? decodeAscii(path, at) : decodeMultibyte(path, at)
      if (typeof piece !== 'string') return piece
      canonical += piece
      at += piece.length === 1 ? 3 : piece.length
    } else {
      canonical += path[at]
      at++
    }
  }
  return dotSegment(canonical, segment, canonical.length) ?? doubleEncoding(canonical) ?? canonical
}

/** `%252e`: an upstream that decodes twice would see a dot. Asked of the result, so that `%25%32%65` is found too. */
function doubleEncoding(canonical: string): PathRefusal | undefined {
  for (let at = canonical.indexOf('%25'); at >= 0; at = canonical.indexOf('%25', at + 3)) {
    if (isHexPair(canonical, at + 3)) return refusals.double_encoding
  }
  return undefined
}

/** One escaped ASCII character: itself where that is the same thing (RFC 3986 section 6.2.2.2), else its escape. */
function decodeAscii(path: string, at: number): string | PathRefusal {
  const byte = encodedByte(path, at)
  if (byte < 0) return refusals.percent_encoding
  if (isUnreserved(byte)) return String.fromCharCode(byte)
  if (byte < 0x20 || byte === char.delete) return refusals.encoded_control
  if (byte === char.slash) return refusals.encoded_slash
  if (byte === char.backslash) return refusals.backslash
  if (byte === char.semicolon) return refusals.path_parameter
  return path.slice(at, at + 3).toUpperCase()
}

function isHexPair(path: string, at: number): boolean {
  return hexValue(path.charCodeAt(at)) >= 0 && hexValue(path.charCodeAt(at + 1)) >= 0
}

/** A run of escaped bytes above ASCII: valid UTF-8 in shortest form, and nothing that normalisation makes dangerous. */
function decodeMultibyte(path: string, from: number): string | PathRefusal {
  const bytes: number[] = []
  for (let at = from; encodedByte(path, at) >= 0x80; at += 3) bytes.push(encodedByte(path, at))
  let text: string
  try {
    text = utf8.decode(Uint8Array.from(bytes))
  } catch {
    return refusals.invalid_utf8
  }
  return confusable(text) ?? path.slice(from, from + 3 * bytes.length).toUpperCase()
}

/** Fullwidth and other look-alikes of `.` `/` `\` … (U+FF0E, U+2024, U+FF0F): some upstreams normalise to NFKC. */
function confusable(text: string): PathRefusal | undefined {
  for (const character of text) {
    if (character >= '\u0080' && character <= '\u009f') return refusals.encoded_control
    for (const normal of character.normalize('NFKC')) if ('./\\%;?#'.includes(normal)) return refusals.confusable
  }
  return undefined
}
