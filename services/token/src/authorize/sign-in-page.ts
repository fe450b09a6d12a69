import type { SignInPage } from '@gatehouse/contracts/token/v1/authorization_service'
import type { TokenParts } from '../token-parts.ts'
import type { Goal } from './interaction.ts'
import { originOf } from './return-address.ts'
import { seal, type Visit } from './visit.ts'

/** The sign-in page of an environment, for what the user signs in for, as it is shown first. */
export async function signInPage(parts: TokenParts, visit: Visit, goal: Goal): Promise<SignInPage> {
  const { identityProviders, localUsers } = visit.place.issuer
  return {
    interaction: seal(parts, visit, { kind: 'sign_in', goal }),
    ...(goal.kind === 'authorization' ? await ofClient(parts, goal) : ofHouse),
    localUsers,
    providers: identityProviders.map(({ providerId, displayName }) => ({ providerId, displayName })),
    ...{ failed: false, retryAfterSeconds: 0n },
  }
}

const ofHouse = { clientName: '', username: '', redirectOrigin: '' }

async function ofClient({ views }: TokenParts, { request }: Extract<Goal, { kind: 'authorization' }>) {
  const { clientId, loginHint: username, address } = request
  const client = await views.client(clientId)
  return { clientName: client?.displayName || clientId, username, redirectOrigin: originOf(address.redirectUri) }
}
