import { char } from './path-characters.ts'
import { type PathRefusal, refusals } from './path-refusal.ts'

/** Refuses `.` and `..`: where they lead is the upstream's opinion. */
export function dotSegment(path: string, from: number, to: number): PathRefusal | undefined {
  const length = to - from
  if (length === 0 || length > 2 || path.charCodeAt(from) !== char.dot) return undefined
  return length === 1 || path.charCodeAt(from + 1) === char.dot ? refusals.dot_segment : undefined
}
