import type { TokenEvent } from '@gatehouse/contracts/events'
import { type ProviderLink, type User, UserState } from '@gatehouse/contracts/token/v1/grant'
import { failedPrecondition, notFound } from '@gatehouse/errors'

/** A user as its events make it; undefined when it does not exist. Its version is that of its stream. */
export type UserFacts = ExistingUser | undefined

export interface ExistingUser extends Omit<User, 'version' | 'hasPassword'> {
  /** Under which the hash of the password is kept; empty: none. */
  readonly passwordId: string
  /** Sessions that began before this are over. */
  readonly passwordChangeTime: Date | undefined
}

export const initialState: UserFacts = undefined

export function evolve(user: UserFacts, { type, data }: TokenEvent): UserFacts {
  if (type === 'gatehouse.token.v1.UserCreated') {
    const { userId, environmentId, username, claims, createTime } = data
    const state = UserState.USER_STATE_ACTIVE
    const bare = { links: [], passwordId: '', passwordChangeTime: undefined }
    return { userId, environmentId, username, claims, state, createTime, ...bare }
  }
  if (!user) return user
  switch (type) {
    case 'gatehouse.token.v1.UserClaimsChanged':
      return { ...user, claims: data.claims }
    case 'gatehouse.token.v1.UserPasswordChanged':
      return { ...user, passwordId: data.passwordId, passwordChangeTime: data.changeTime }
    case 'gatehouse.token.v1.UserLinked':
      return { ...user, links: linked(user.links, data) }
    case 'gatehouse.token.v1.UserSuspended':
      return { ...user, state: UserState.USER_STATE_SUSPENDED }
    case 'gatehouse.token.v1.UserResumed':
      return { ...user, state: UserState.USER_STATE_ACTIVE }
    default:
      return user
  }
}

/** One account at each provider: a new link takes the place of the old. */
function linked(links: readonly ProviderLink[], { providerId, providerSubject }: ProviderLink): ProviderLink[] {
  return [...links.filter((link) => link.providerId !== providerId), { providerId, providerSubject }]
}

/** @throws NOT_FOUND */
export function existing(user: UserFacts, userId: string): ExistingUser {
  if (!user) throw notFound('user', userId)
  return user
}

/** What a user must be to sign in or to agree to anything. @throws NOT_FOUND, FAILED_PRECONDITION `USER_SUSPENDED` */
export function active(user: UserFacts, userId: string): ExistingUser {
  const found = existing(user, userId)
  if (found.state === UserState.USER_STATE_ACTIVE) return found
  throw failedPrecondition('USER_SUSPENDED', `user ${userId} is suspended: resume it first`)
}
