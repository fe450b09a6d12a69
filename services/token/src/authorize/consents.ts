import type { ConsentsPage, GivenConsent, WithdrawConsent } from '@gatehouse/contracts/token/v1/authorization_service'
import { GrantRevocationReason } from '@gatehouse/contracts/token/v1/grant'
import { unqualifiedScope } from '../domain/consent/consent.ts'
import { type ConsentParties, consent as decider } from '../domain/consent/decide.ts'
import type { GivenConsent as Given } from '../read/consents.ts'
import { revokeGrant } from '../store/revoke-grant.ts'
import { streams } from '../store/streams.ts'
import { transact } from '../store/transact.ts'
import type { TokenParts } from '../token-parts.ts'
import type { Next, Step } from './answer.ts'
import { inWords } from './consent-page.ts'
import { signInPage } from './sign-in-page.ts'
import { seal, unseal, type Visit } from './visit.ts'

/** Shows the user of the session what was agreed to. */
export async function listConsents(parts: TokenParts, visit: Visit): Promise<Step> {
  return { next: await showConsents(parts, visit) }
}

export async function showConsents(parts: TokenParts, visit: Visit): Promise<Next> {
  const { place, session, facts } = visit
  if (!session) {
    return { $case: 'signIn', value: await signInPage(parts, visit, { kind: 'consents' }) }
  }
  const { userId, username } = session.user
  facts.add({ userId })
  const found = await parts.authorize.consents.ofUser(place.environment.environmentId, userId)
  const { sessionId } = session.session
  const page: ConsentsPage = {
    ...{ interaction: seal(parts, visit, { kind: 'consents', sessionId }), username },
    consents: await Promise.all(found.map((given) => inFull(parts, visit, given))),
  }
  return { $case: 'consents', value: page }
}

/** Takes a consent back, and revokes its grants. @throws Refused `interaction_invalid` */
export async function withdrawConsent(
  parts: TokenParts,
  visit: Visit,
  { interaction, clientId }: WithdrawConsent,
): Promise<Step> {
  const { sessionId } = unseal(parts, visit, 'consents', interaction)
  const { session, place, facts } = visit
  facts.add({ clientId })
  // Signed out meanwhile, or somebody else has signed in.
  if (session?.session.sessionId === sessionId) {
    const { userId } = session.user
    await withdraw(parts, { environmentId: place.environment.environmentId, userId, clientId })
  }
  return { next: await showConsents(parts, visit) }
}

/** The grants first: as long as the consent is there, a withdrawal that was cut short can be repeated. */
async function withdraw(parts: TokenParts, parties: ConsentParties): Promise<void> {
  await revokeLive(parts, parties)
  await transact(parts.store, {
    streams: { consent: streams.consent(parties) },
    decide: ({ consent }) => ({
      events: { consent: decider.decide({ type: 'withdraw', ...parties, time: new Date() }, consent) },
    }),
  })
  // What was started meanwhile, on the consent that was still there.
  await revokeLive(parts, parties)
}

async function revokeLive({ store, grants }: TokenParts, parties: ConsentParties): Promise<void> {
  const live = await grants.liveOf(parties)
  await Promise.all(live.map((id) => revokeGrant(store, id, GrantRevocationReason.GRANT_REVOCATION_REASON_USER)))
}

async function inFull({ views }: TokenParts, { place }: Visit, { clientId, scopes }: Given): Promise<GivenConsent> {
  const client = await views.client(clientId)
  const words = scopes.map((qualified) => {
    const { apiId, scope } = unqualifiedScope(qualified)
    return inWords(place, apiId, scope)
  })
  return { clientId, clientName: client?.displayName || clientId, scopes: words }
}
