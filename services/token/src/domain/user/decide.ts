import type { TokenEvent } from '@gatehouse/contracts/events'
import { UserClaims, UserState } from '@gatehouse/contracts/token/v1/grant'
import { alreadyExists } from '@gatehouse/errors'
import type { Decider } from '@gatehouse/event-store'
import { evolve, existing, initialState, type UserFacts } from './user.ts'

export type UserCommand = { readonly userId: string; readonly time: Date } & (
  | CreateUser
  | { readonly type: 'change'; readonly claims: UserClaims | undefined }
  | { readonly type: 'set_password'; readonly passwordId: string }
  | { readonly type: 'link'; readonly providerId: string; readonly providerSubject: string }
  | { readonly type: 'suspend'; readonly reason: string }
  | { readonly type: 'resume' }
)

export interface CreateUser {
  readonly type: 'create'
  readonly environmentId: string
  readonly username: string
  readonly claims: UserClaims | undefined
  /** Of the hash that is kept already; empty: the user has no password. */
  readonly passwordId: string
  /** The account at an identity provider that it is made for. */
  readonly link: { readonly providerId: string; readonly providerSubject: string } | undefined
}

export const user: Decider<UserFacts, TokenEvent, UserCommand> = { initialState, evolve, decide }

function decide(command: UserCommand, state: UserFacts): readonly TokenEvent[] {
  if (command.type === 'create') {
    if (state) throw alreadyExists('user', command.userId)
    return created(command, command.userId, command.time)
  }
  const { userId, time } = command
  const found = existing(state, userId)
  switch (command.type) {
    case 'change':
      if (sameClaims(command.claims, found.claims)) return []
      return [
        { type: 'gatehouse.token.v1.UserClaimsChanged', data: { userId, claims: command.claims, changeTime: time } },
      ]
    case 'set_password':
      return [passwordChanged(userId, command.passwordId, time)]
    case 'link': {
      const { providerId, providerSubject } = command
      const known = found.links.some(
        (link) => link.providerId === providerId && link.providerSubject === providerSubject,
      )
      return known ? [] : [linked(userId, command, time)]
    }
    case 'suspend': {
      if (found.state === UserState.USER_STATE_SUSPENDED) return []
      const { environmentId } = found
      const data = { userId, environmentId, reason: command.reason, suspendTime: time }
      return [{ type: 'gatehouse.token.v1.UserSuspended', data }]
    }
    case 'resume': {
      if (found.state === UserState.USER_STATE_ACTIVE) return []
      const data = { userId, environmentId: found.environmentId, resumeTime: time }
      return [{ type: 'gatehouse.token.v1.UserResumed', data }]
    }
    default:
      return command satisfies never
  }
}

function created(command: CreateUser, userId: string, time: Date): readonly TokenEvent[] {
  const { environmentId, username, claims, passwordId, link } = command
  const data = { userId, environmentId, username: username.normalize('NFC'), claims, createTime: time }
  const events: TokenEvent[] = [{ type: 'gatehouse.token.v1.UserCreated', data }]
  if (passwordId) events.push(passwordChanged(userId, passwordId, time))
  if (link) events.push(linked(userId, link, time))
  return events
}

function passwordChanged(userId: string, passwordId: string, changeTime: Date): TokenEvent {
  return { type: 'gatehouse.token.v1.UserPasswordChanged', data: { userId, passwordId, changeTime } }
}

function linked(
  userId: string,
  { providerId, providerSubject }: NonNullable<CreateUser['link']>,
  linkTime: Date,
): TokenEvent {
  return { type: 'gatehouse.token.v1.UserLinked', data: { userId, providerId, providerSubject, linkTime } }
}

/** By their bytes: what was read from the log carries more properties than what is said anew. */
function sameClaims(one: UserClaims | undefined, other: UserClaims | undefined): boolean {
  const bytes = (claims: UserClaims | undefined) => UserClaims.encode(claims ?? UserClaims.fromPartial({})).finish()
  return Buffer.compare(bytes(one), bytes(other)) === 0
}
