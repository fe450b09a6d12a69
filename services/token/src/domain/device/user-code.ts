import { hash } from 'node:crypto'

/** RFC 8628 section 6.1: no vowel, so that no word comes about, and nothing that is read for another. 34.5 bits. */
const alphabet = 'BCDFGHJKLMNPQRSTVWXZ'
const letters = 8
const form = new RegExp(`^[${alphabet}]{${letters}}$`)

/** Picks each letter by `random(20)`, a uniform choice of 0 to 19. Answers `WDJBMJHT`. */
export function drawUserCode(random: (below: number) => number): string {
  return Array.from({ length: letters }, () => alphabet.charAt(random(alphabet.length))).join('')
}

/** As a user reads it: `WDJB-MJHT`. */
export function showUserCode(userCode: string): string {
  return `${userCode.slice(0, 4)}-${userCode.slice(4)}`
}

/** What was typed: case, dashes and spaces are no matter. Undefined when it cannot be a code. */
export function readUserCode(typed: string): string | undefined {
  if (typed.length > 32) return undefined
  const code = typed.toUpperCase().replace(/[\s\p{Pd}.]/gu, '')
  return form.test(code) ? code : undefined
}

/** SHA-256, under which the code is kept and found. */
export function digestUserCode(userCode: string): Uint8Array {
  return hash('sha256', userCode, 'buffer')
}
