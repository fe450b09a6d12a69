import { randomBytes } from 'node:crypto'
import type { IdentityProvider } from '@gatehouse/contracts/policy/v1/token_settings'
import { type User, type UserClaims, UserState } from '@gatehouse/contracts/token/v1/grant'
import { encodeBase32, secretIdBytes } from '@gatehouse/credential-format'
import { GatehouseError } from '@gatehouse/errors'
import { linkClaim, usernameClaim } from '../../domain/user/claims.ts'
import { user as decider } from '../../domain/user/decide.ts'
import { providerUsername } from '../../domain/user/username.ts'
import type { Place } from '../../issue/token-request.ts'
import { Refused } from '../../refused.ts'
import { streams } from '../../store/streams.ts'
import { transact } from '../../store/transact.ts'
import type { TokenParts } from '../../token-parts.ts'

/** An account at a provider. */
export interface Account {
  readonly provider: IdentityProvider
  readonly subject: string
  /** Asked for where the account is one that the provider made. */
  readonly claims: () => Promise<UserClaims>
}

type Parts = Pick<TokenParts, 'signIn' | 'store'>

/**
 * The user of an account: linked by provider and subject alone. An e-mail address proves nothing here: who controls it
 * at one provider need not be who has an account under it here. What the provider says of users that it made is taken
 * over at each sign-in.
 * @throws Refused `account_not_linked`, `user_suspended`
 */
export async function accountOf(parts: Parts, place: Place, account: Account): Promise<User> {
  const { environmentId } = place.environment
  const { providerId, createUsers } = account.provider
  const find = () => parts.signIn.users.byLink(environmentId, providerId, account.subject)
  const found = (await find()) ?? (createUsers ? await create(parts, environmentId, account, find) : undefined)
  if (!found) throw new Refused('account_not_linked')
  if (found.state !== UserState.USER_STATE_ACTIVE) throw new Refused('user_suspended')
  if (found.username !== providerUsername(providerId, account.subject)) return found
  const claims = await account.claims()
  await changeClaims(parts, found.userId, claims)
  return { ...found, claims }
}

async function create(
  { store }: Parts,
  environmentId: string,
  { provider: { providerId }, subject, claims: ask }: Account,
  find: () => Promise<User | undefined>,
): Promise<User | undefined> {
  const claims = await ask()
  const userId = encodeBase32(randomBytes(secretIdBytes))
  const stream = streams.user(userId)
  const username = providerUsername(providerId, subject)
  const link = { providerId, providerSubject: subject }
  const command = {
    type: 'create',
    userId,
    environmentId,
    username,
    claims,
    passwordId: '',
    link,
    time: new Date(),
  } as const
  await transact(store, {
    streams: { user: stream },
    decide: ({ user }) => ({
      events: { user: decider.decide(command, user) },
      claims: [
        usernameClaim(environmentId, username, stream.id),
        linkClaim(environmentId, providerId, subject, stream.id),
      ],
    }),
  }).catch((error: unknown) => {
    // The first sign-in, twice at once: the other one made the user.
    if (!(error instanceof GatehouseError) || error.status !== 'ALREADY_EXISTS') throw error
  })
  return find()
}

async function changeClaims({ store }: Parts, userId: string, claims: UserClaims): Promise<void> {
  await transact(store, {
    streams: { user: streams.user(userId) },
    decide: ({ user }) => ({
      events: { user: decider.decide({ type: 'change', userId, claims, time: new Date() }, user) },
    }),
  })
}
