import { MessageKind, MessagePage, type SignOut } from '@gatehouse/contracts/token/v1/authorization_service'
import { message, type Next, type Step } from '../authorize/answer.ts'
import { originOf } from '../authorize/return-address.ts'
import { type SignedInUser, seal, unseal, type Visit } from '../authorize/visit.ts'
import { endSession, signedOut } from '../sign-in/sessions.ts'
import type { TokenParts } from '../token-parts.ts'
import { type LogoutRequest, logoutRequest } from './logout-request.ts'

/**
 * RP-initiated logout (OpenID Connect). Where an ID token proves that the client means this session it ends at once;
 * else the user is asked, since anybody can lead a browser here.
 * @throws Refused, as `logoutRequest`, and `interaction_invalid`
 */
export async function signOut(parts: TokenParts, visit: Visit, { parameters, interaction }: SignOut): Promise<Step> {
  if (interaction) return confirmed(parts, visit, interaction)
  const { place, session, facts } = visit
  const request = await logoutRequest(parts, place, parameters)
  facts.add({ clientId: request.clientId, userId: session?.user.userId ?? '' })
  if (!session) return { next: leave(request.returnTo), newSession: signedOut }
  if (isMeant(session, request)) return end(parts, session.session.sessionId, request.returnTo)
  const { sessionId } = session.session
  const sealed = seal(parts, visit, { kind: 'sign_out', sessionId, returnTo: request.returnTo })
  const kind = MessageKind.MESSAGE_KIND_SIGN_OUT
  const redirectOrigin = request.returnTo && originOf(request.returnTo)
  const page = MessagePage.fromPartial({ kind, interaction: sealed, redirectOrigin })
  return { next: { $case: 'message', value: page } }
}

/** The user said yes on the page. */
async function confirmed(parts: TokenParts, visit: Visit, interaction: string): Promise<Step> {
  const { sessionId, returnTo } = unseal(parts, visit, 'sign_out', interaction)
  const { session, facts } = visit
  // Signed out meanwhile; if somebody else has signed in since, that session stays.
  if (session?.session.sessionId !== sessionId) return { next: leave(returnTo) }
  facts.add({ userId: session.user.userId })
  return end(parts, sessionId, returnTo)
}

function isMeant({ session, user }: SignedInUser, { hint }: LogoutRequest): boolean {
  if (!hint || hint.userId !== user.userId) return false
  return hint.sessionId === session.sessionId
}

async function end(parts: TokenParts, sessionId: string, returnTo: string): Promise<Step> {
  await endSession(parts, sessionId)
  await parts.signOuts.finish(sessionId)
  return { next: leave(returnTo), newSession: signedOut }
}

function leave(returnTo: string): Next {
  if (returnTo) return { $case: 'redirectUrl', value: returnTo }
  return message(MessageKind.MESSAGE_KIND_SIGNED_OUT)
}
