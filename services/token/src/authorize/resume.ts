import { enterUserCode } from '../device/enter-user-code.ts'
import type { TokenParts } from '../token-parts.ts'
import type { Step } from './answer.ts'
import { showConsents } from './consents.ts'
import type { Goal } from './interaction.ts'
import { proceed } from './proceed.ts'
import type { Visit } from './visit.ts'

/** Goes on, after a sign-in, with what it was for. */
export async function resume(parts: TokenParts, visit: Visit, goal: Goal): Promise<Step> {
  switch (goal.kind) {
    case 'authorization':
      return { next: await proceed(parts, visit, goal.request) }
    case 'consents':
      return { next: await showConsents(parts, visit) }
    case 'device':
      return enterUserCode(parts, visit, { userCode: goal.userCode })
    default:
      return goal satisfies never
  }
}
