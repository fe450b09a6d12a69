import { covers } from '../domain/consent/consent.ts'
import { Refused } from '../refused.ts'
import type { TokenParts } from '../token-parts.ts'
import type { Next } from './answer.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import { type RegisteredClient, registeredClient } from './check-client.ts'
import { consentPage } from './consent-page.ts'
import { codeRedirect, RefusedToClient } from './return-address.ts'
import { signInPage } from './sign-in-page.ts'
import { type AgreedBy, agreementOf, startGrant } from './start-grant.ts'
import { type SignedInUser, seal, type Visit } from './visit.ts'

/** RFC 6749 section 4.1.2 allows 10 minutes; the browser is on its way for a second. */
const codeLifeMs = 60_000

/**
 * What comes next of a checked request: sign-in, consent, or the code. Called anew after each of both, with the session
 * of that moment.
 * @throws RefusedToClient where the user may not be asked
 */
export async function proceed(parts: TokenParts, visit: Visit, request: AuthorizationRequest): Promise<Next> {
  const { session, place } = visit
  const client = registeredClient(await parts.views.client(request.clientId), request.environmentId)
  const silent = request.prompts.includes('none')
  const wanted = !request.wantedUserId || session?.user.userId === request.wantedUserId
  if (!session || !wanted || !isRecent(session, request, place.nowMs)) {
    // Somebody else than the client wants has signed in for this request: asking again would go on for ever.
    if (silent || (session && !wanted && isNew(session, request)))
      throw new RefusedToClient('login_required', request.address)
    return { $case: 'signIn', value: await signInPage(parts, visit, { kind: 'authorization', request }) }
  }
  visit.facts.add({ userId: session.user.userId })
  const agreedBy = await agreement(parts, client, request, session)
  if (agreedBy) return grantCode(parts, visit, request, session, agreedBy)
  if (silent) throw new RefusedToClient('consent_required', request.address)
  return askConsent(parts, visit, request, client, session)
}

/** Asks the user of the session. */
export function askConsent(
  parts: TokenParts,
  visit: Visit,
  request: AuthorizationRequest,
  client: RegisteredClient,
  { session: { sessionId }, user }: SignedInUser,
): Next {
  const interaction = seal(parts, visit, { kind: 'consent', request, sessionId })
  return { $case: 'consent', value: consentPage(visit.place, client, user, request, interaction) }
}

/** Starts the grant and sends its code to the client. @throws RefusedToClient */
export async function grantCode(
  parts: TokenParts,
  { place, facts }: Visit,
  request: AuthorizationRequest,
  { session, user }: SignedInUser,
  agreedBy: AgreedBy,
): Promise<Next> {
  const { environmentId, clientId, apiId, subscriptionId, scopes, authorizationDetails, nonce, address } = request
  const { codeChallenge, dpopThumbprint, redirectUriSent: redirectUri } = request
  const code = { redirectUri, codeChallenge, expireTime: new Date(place.nowMs + codeLifeMs), dpopThumbprint }
  const asked = { environmentId, clientId, apiId, subscriptionId, scopes, authorizationDetails, nonce }
  const { sessionId, authTime } = session
  const wanted = { ...asked, userId: user.userId, sessionId, authTime, code }
  const { grantId } = await startGrant(parts, place, wanted, { agreedBy, sessionId }).catch((error: unknown) => {
    throw error instanceof Refused ? new RefusedToClient(error.reason, address) : error
  })
  facts.add({ userId: user.userId, grantId, subscriptionId, apiId, scopes: [...scopes] })
  const text = parts.handles.mint('authorization_code', { environmentId, id: grantId, number: 0 })
  return { $case: 'clientRedirect', value: codeRedirect(address, text) }
}

/** OpenID Connect core section 3.1.2.1: `prompt=login` and `max_age` ask for a sign-in after the request began. */
function isRecent({ session }: SignedInUser, request: AuthorizationRequest, nowMs: number): boolean {
  if (isNew({ session }, request)) return true
  const authTimeMs = session.authTime?.getTime() ?? 0
  if (request.prompts.includes('login') || request.prompts.includes('select_account')) return false
  return request.maxAgeSeconds === undefined || nowMs - authTimeMs <= request.maxAgeSeconds * 1000
}

/** Whether somebody signed in after the request began. */
function isNew({ session }: Pick<SignedInUser, 'session'>, { startTimeMs }: AuthorizationRequest): boolean {
  return (session.authTime?.getTime() ?? 0) >= startTimeMs
}

/** How the user has agreed; undefined: not yet. */
async function agreement(
  parts: TokenParts,
  { registration }: RegisteredClient,
  request: AuthorizationRequest,
  { user }: SignedInUser,
): Promise<AgreedBy | undefined> {
  if (request.prompts.includes('consent')) return undefined
  if (registration.consentImplied) return 'implied'
  const { environmentId, clientId } = request
  const found = await parts.authorize.consents.find({ environmentId, clientId, userId: user.userId })
  return covers(found, agreementOf(request)) ? 'require' : undefined
}
