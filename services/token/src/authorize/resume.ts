import type { TokenParts } from '../token-parts.ts'
import type { Next } from './answer.ts'
import { showConsents } from './consents.ts'
import type { Goal } from './interaction.ts'
import { proceed } from './proceed.ts'
import type { Visit } from './visit.ts'

/** Goes on, after a sign-in, with what it was for. */
export function resume(parts: TokenParts, visit: Visit, goal: Goal): Promise<Next> {
  switch (goal.kind) {
    case 'authorization':
      return proceed(parts, visit, goal.request)
    case 'consents':
      return showConsents(parts, visit)
    default:
      return goal satisfies never
  }
}
