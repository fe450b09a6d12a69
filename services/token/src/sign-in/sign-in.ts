import type {
  FinishFederatedSignIn,
  SignIn,
  StartFederatedSignIn,
} from '@gatehouse/contracts/token/v1/authorization_service'
import type { User } from '@gatehouse/contracts/token/v1/grant'
import { GatehouseError } from '@gatehouse/errors'
import { refusedStep, type Step } from '../authorize/answer.ts'
import type { Goal } from '../authorize/interaction.ts'
import { resume } from '../authorize/resume.ts'
import { signInPage } from '../authorize/sign-in-page.ts'
import { unseal, type Visit } from '../authorize/visit.ts'
import { Refused } from '../refused.ts'
import type { TokenParts } from '../token-parts.ts'
import { checkPassword } from './check-password.ts'
import { finishFederation, takeFederation } from './federation/finish-federation.ts'
import { startFederation } from './federation/start-federation.ts'
import { beginSession, type SignedIn } from './sessions.ts'

/** A user's password: the page again, or on with what the sign-in was for. @throws Refused `interaction_invalid` */
export async function signIn(
  parts: TokenParts,
  visit: Visit,
  { interaction, username, password }: SignIn,
): Promise<Step> {
  const { goal } = unseal(parts, visit, 'sign_in', interaction)
  aboutGoal(visit, goal)
  const outcome = await checkPassword(parts, visit.place, visit.browser, { username, password })
  if (outcome.kind === 'matches') {
    const { user, passwordId } = outcome
    return signedIn(parts, visit, goal, user, { method: 'pwd', providerId: '', passwordId })
  }
  const { reason, retryAfterSeconds, userId } = outcome
  visit.facts.add({ userId })
  const page = await signInPage(parts, visit, goal)
  const again = { ...page, username, failed: retryAfterSeconds === 0, retryAfterSeconds: BigInt(retryAfterSeconds) }
  return { next: { $case: 'signIn', value: again }, reason }
}

/** Sends the browser to an identity provider. @throws Refused, as `startFederation`, and `interaction_invalid` */
export async function startFederatedSignIn(
  parts: TokenParts,
  visit: Visit,
  { interaction, providerId }: StartFederatedSignIn,
): Promise<Step> {
  const { goal } = unseal(parts, visit, 'sign_in', interaction)
  aboutGoal(visit, goal)
  const wish = { providerId, ...wishOf(goal) }
  const url = await startFederation(parts, visit.place, interaction, wish)
  return { next: { $case: 'redirectUrl', value: url } }
}

/** Takes the browser back from there. @throws Refused, as `finishFederation`, and `interaction_invalid` */
export async function finishFederatedSignIn(
  parts: TokenParts,
  visit: Visit,
  { parameters }: FinishFederatedSignIn,
): Promise<Step> {
  const answer = await takeFederation(parts, visit.place, parameters)
  // Before the code is used: another browser than the one that was sent must not be signed in (login CSRF).
  const { goal } = unseal(parts, visit, 'sign_in', answer.pending.interaction)
  aboutGoal(visit, goal)
  const { user, providerId } = await finishFederation(parts, visit.place, answer)
  return signedIn(parts, visit, goal, user, { method: 'fed', providerId })
}

/** What the client asked of the sign-in is asked of the provider too (OpenID Connect core section 3.1.2.1). */
function wishOf(goal: Goal) {
  if (goal.kind !== 'authorization') return {}
  const { prompts, maxAgeSeconds, loginHint } = goal.request
  return { loginHint, anew: prompts.includes('login') || maxAgeSeconds !== undefined }
}

function aboutGoal({ facts }: Visit, goal: Goal): void {
  if (goal.kind !== 'authorization') return
  const { clientId, apiId, subscriptionId } = goal.request
  facts.add({ clientId, apiId, subscriptionId })
}

type How = Omit<SignedIn, 'userId'>

async function signedIn(parts: TokenParts, visit: Visit, goal: Goal, user: User, how: How): Promise<Step> {
  visit.facts.add({ userId: user.userId })
  const begun = await beginSession(parts, visit.place, visit.browser, { userId: user.userId, ...how }).catch(orRefused)
  // The clock goes on meanwhile, and a sign-in is no older than what it is for.
  const place = { ...visit.place, nowMs: Math.max(visit.place.nowMs, begun.session.authTime?.getTime() ?? 0) }
  const now: Visit = { ...visit, place, session: { session: begun.session, user } }
  // Signed in is signed in, also where what it was for is refused.
  return { ...(await resume(parts, now, goal).catch(refusedStep)), newSession: begun.newSession }
}

function orRefused(error: unknown): never {
  const reason = error instanceof GatehouseError ? error.reason : ''
  if (reason === 'USER_SUSPENDED') throw new Refused('user_suspended')
  if (reason === 'PASSWORD_CHANGED') throw new Refused('credentials_invalid')
  throw error
}
