import type { Parameters } from '../issue/parameters.ts'
import { Refused } from '../refused.ts'

const prompts = ['none', 'login', 'consent', 'select_account'] as const
export type Prompt = (typeof prompts)[number]

/** How the user is to be asked (OpenID Connect core section 3.1.2.1). */
export interface Asking {
  readonly prompts: readonly Prompt[]
  /** A sign-in that is older is not enough, seconds; undefined: any is. */
  readonly maxAgeSeconds: number | undefined
  readonly loginHint: string
}

const loginHintCharsMax = 256

/** @throws Refused `parameter_invalid` for an unknown prompt, `none` with another one, a malformed `max_age` */
export function checkPrompt(parameters: Parameters): Asking {
  const names = parameters.get('prompt')?.split(' ') ?? []
  const known = names.map((name) => prompts.find((prompt) => prompt === name))
  const asked = known.filter((prompt) => prompt !== undefined)
  if (asked.length < names.length || (asked.includes('none') && asked.length > 1)) {
    throw new Refused('parameter_invalid')
  }
  const maxAge = parameters.get('max_age')
  if (maxAge !== undefined && !/^[0-9]{1,9}$/.test(maxAge)) throw new Refused('parameter_invalid')
  const loginHint = parameters.get('login_hint') ?? ''
  if (loginHint.length > loginHintCharsMax) throw new Refused('parameter_invalid')
  return { prompts: asked, maxAgeSeconds: maxAge === undefined ? undefined : Number(maxAge), loginHint }
}
