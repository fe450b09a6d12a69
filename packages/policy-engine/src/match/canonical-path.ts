import { decodePath } from './decode-path.ts'
import { dotSegment } from './dot-segment.ts'
import { char, isPlain } from './path-characters.ts'
import { type PathRefusal, refusals } from './path-refusal.ts'

/** Far above any template; the head of a request is bounded anyway. */
export const targetCharsMax = 8192

/**
 * The one path that policy and upstream both see, from a request target in origin form (RFC 9112 section 3.2.1);
 * the query is cut, after a look at its characters. Unreserved characters are decoded, other escapes upper-cased.
 *
 * Refused is what any upstream could read as another path: dot segments, empty segments, path parameters (`;`),
 * encoded slashes, backslashes and controls, double encoding, invalid or overlong UTF-8, characters that
 * compatibility normalisation turns into one of these, and every character that RFC 3986 does not allow.
 * A path without escapes and query is answered as it is, without allocation.
 */
export function canonicalPath(target: string): string | PathRefusal {
  if (target.length > targetCharsMax) return refusals.too_long
  if (target.charCodeAt(0) !== char.slash) return refusals.not_origin_form
  let segment = 1
  let end = 1
  for (; end < target.length; end++) {
    const code = target.charCodeAt(end)
    if (isPlain(code) || code === char.percent) continue
    if (code === char.question) break
    if (code === char.slash) {
      const refusal = innerSegment(target, segment, end)
      if (refusal) return refusal
      segment = end + 1
    } else return refuseCharacter(code)
  }
  const refusal = dotSegment(target, segment, end) ?? queryRefusal(target, end)
  if (refusal) return refusal
  const path = end === target.length ? target : target.slice(0, end)
  return path.includes('%') ? decodePath(path) : path
}

function innerSegment(target: string, from: number, to: number): PathRefusal | undefined {
  return from === to ? refusals.empty_segment : dotSegment(target, from, to)
}

function queryRefusal(target: string, from: number): PathRefusal | undefined {
  for (let at = from; at < target.length; at++) {
    const code = target.charCodeAt(at)
    if (code === char.hash) return refusals.fragment
    if (code <= 0x20 || code >= char.delete) return refusals.character
  }
  return undefined
}

function refuseCharacter(code: number): PathRefusal {
  if (code === char.hash) return refusals.fragment
  if (code === char.backslash) return refusals.backslash
  if (code === char.semicolon) return refusals.path_parameter
  return refusals.character
}
