import { randomBytes } from 'node:crypto'
import * as rpc from '@gatehouse/contracts/token/v1/token_admin_service'
import { encodeBase32, secretIdBytes } from '@gatehouse/credential-format'
import { invalidArgument, notFound } from '@gatehouse/errors'
import { type Claim, commandIdentity, handleCommand, type Mutation } from '@gatehouse/event-store'
import { type CallContext, cutPage, pageOf, type Rules, validate } from '@gatehouse/grpc-service'
import { linkClaim, usernameClaim } from '../domain/user/claims.ts'
import { user as decider, type UserCommand } from '../domain/user/decide.ts'
import { existing, type UserFacts } from '../domain/user/user.ts'
import { userMessage } from '../read/users.ts'
import { passwordFingerprint } from '../sign-in/password-table.ts'
import { streams } from '../store/streams.ts'
import type { TokenParts } from '../token-parts.ts'
import * as rules from './user-rules.ts'

type Parts = Pick<TokenParts, 'store' | 'signIn'>

interface UserRequest {
  readonly requestId: string
  readonly expectedVersion?: bigint | undefined
}

interface Method<Request> extends Mutation<Request, rpc.CreateUserResponse> {
  readonly rules: Rules<Request>
  readonly command: (request: Request, time: Date) => UserCommand
  /** What is to exist once, and what is given back for it. */
  readonly claims?: (
    command: UserCommand,
    before: UserFacts,
  ) => { claims: readonly Claim[]; releases?: readonly Claim[] }
}

/** Makes the methods that do one command to one user. */
function changing({ store }: Parts) {
  return <Request extends UserRequest>(method: Method<Request>) =>
    async (request: Request, context: CallContext): Promise<rpc.CreateUserResponse> => {
      validate(method.rules, request)
      const { reply } = await run(store, method, request, request, context)
      return reply
    }
}

function run<Request extends UserRequest>(
  store: Parts['store'],
  method: Omit<Method<Request>, 'rules'>,
  request: Request,
  identified: Request,
  context: CallContext,
) {
  const command = method.command(request, new Date())
  return handleCommand(store, {
    ...commandIdentity(method, identified, context),
    streams: { user: streams.user(command.userId, request.expectedVersion) },
    decide: ({ user }) => ({ events: { user: decider.decide(command, user) }, ...method.claims?.(command, user) }),
    reply: ({ states, versions, position }) => ({ user: userMessage(states.user, versions.user), position }),
  })
}

/**
 * A method that sets a password: the hash is kept before an event names it, and dropped when none does. The log keeps a
 * SHA-256 of each request; of these a keyed fingerprint stands there for the password.
 */
function settingPassword<Request extends UserRequest & { readonly password: string }>(
  { store, signIn }: Parts,
  method: Omit<Method<Request>, 'command'> & {
    readonly command: (request: Request, passwordId: string, time: Date) => UserCommand
  },
) {
  return async (request: Request, context: CallContext): Promise<rpc.CreateUserResponse> => {
    validate(method.rules, request)
    const passwordId = request.password && newId()
    const command = method.command(request, passwordId, new Date())
    if (passwordId) {
      const hash = await signIn.passwords.hash(request.password)
      await signIn.passwordTable.keep(passwordId, command.userId, hash)
    }
    const identified = { ...request, password: passwordFingerprint(signIn.key, request.password) }
    const drop = () => (passwordId ? signIn.passwordTable.drop(passwordId) : undefined)
    try {
      const { reply, replayed } = await run(store, { ...method, command: () => command }, request, identified, context)
      // Replayed also when it is this request whose commit went unanswered: then the user has this password.
      if (replayed && (await signIn.users.passwordIdOf(command.userId)) !== passwordId) await drop()
      return reply
    } catch (error) {
      if (!mayBeWritten(error)) await drop()
      throw error
    }
  }
}

function mayBeWritten(error: unknown): boolean {
  return error instanceof Error && 'reason' in error && error.reason === 'COMMIT_UNKNOWN'
}

const newId = () => encodeBase32(randomBytes(secretIdBytes))

export function userMethods(parts: Parts) {
  const change = changing(parts)
  return {
    createUser: settingPassword<rpc.CreateUserRequest>(parts, {
      ...{ name: 'CreateUser', request: rpc.CreateUserRequest, response: rpc.CreateUserResponse },
      rules: rules.createUser,
      command({ environmentId, username, claims }, passwordId, time) {
        const created = { environmentId, username, claims, passwordId, link: undefined }
        return { type: 'create', userId: newId(), ...created, time }
      },
      claims(command) {
        if (command.type !== 'create') return { claims: [] }
        return { claims: [usernameClaim(command.environmentId, command.username, streams.user(command.userId).id)] }
      },
    }),
    changeUser: change<rpc.ChangeUserRequest>({
      ...{ name: 'ChangeUser', request: rpc.ChangeUserRequest, response: rpc.ChangeUserResponse },
      rules: rules.changeUser,
      command: ({ userId, claims }, time) => ({ type: 'change', userId, claims, time }),
    }),
    setUserPassword: settingPassword<rpc.SetUserPasswordRequest>(parts, {
      ...{ name: 'SetUserPassword', request: rpc.SetUserPasswordRequest, response: rpc.SetUserPasswordResponse },
      rules: rules.setUserPassword,
      command: ({ userId }, passwordId, time) => ({ type: 'set_password', userId, passwordId, time }),
    }),
    linkUser: change<rpc.LinkUserRequest>({
      ...{ name: 'LinkUser', request: rpc.LinkUserRequest, response: rpc.LinkUserResponse },
      rules: rules.linkUser,
      command({ userId, providerId, providerSubject }, time) {
        return { type: 'link', userId, providerId, providerSubject, time }
      },
      claims: (command, before) => (command.type === 'link' ? linkClaims(command, before) : { claims: [] }),
    }),
    suspendUser: change<rpc.SuspendUserRequest>({
      ...{ name: 'SuspendUser', request: rpc.SuspendUserRequest, response: rpc.SuspendUserResponse },
      rules: rules.suspendUser,
      command: ({ userId, reason }, time) => ({ type: 'suspend', userId, reason, time }),
    }),
    resumeUser: change<rpc.ResumeUserRequest>({
      ...{ name: 'ResumeUser', request: rpc.ResumeUserRequest, response: rpc.ResumeUserResponse },
      rules: rules.resumeUser,
      command: ({ userId }, time) => ({ type: 'resume', userId, time }),
    }),
    ...userQueries(parts),
  }
}

function userQueries({ signIn }: Parts) {
  return {
    async getUser(request: rpc.GetUserRequest): Promise<rpc.GetUserResponse> {
      validate(rules.getUser, request)
      const user = await signIn.users.byId(request.userId)
      if (!user) throw notFound('user', request.userId)
      return { user }
    },
    async listUsers(request: rpc.ListUsersRequest): Promise<rpc.ListUsersResponse> {
      validate(rules.listUsers, request)
      const { environmentId, username } = request
      if (username && !environmentId) {
        const description = 'is required where a username is given: names are unique in an environment'
        throw invalidArgument([{ field: 'environment_id', description }])
      }
      if (username) {
        const found = await signIn.users.byUsername(environmentId, username)
        return { users: found ? [found.user] : [], nextPageToken: '' }
      }
      const { after, size } = pageOf(request)
      const { page, nextPageToken } = cutPage(
        await signIn.users.list(environmentId, after, size),
        size,
        ({ userId }) => userId,
      )
      return { users: page, nextPageToken }
    },
  }
}

/** The account at a provider is this user's from now on; the one it had there may be another's. */
function linkClaims(command: Extract<UserCommand, { type: 'link' }>, before: UserFacts) {
  const { environmentId, links } = existing(before, command.userId)
  const owner = streams.user(command.userId).id
  const { providerId, providerSubject } = command
  const old = links.filter((link) => link.providerId === providerId && link.providerSubject !== providerSubject)
  return {
    claims: [linkClaim(environmentId, providerId, providerSubject, owner)],
    releases: old.map((link) => linkClaim(environmentId, providerId, link.providerSubject, owner)),
  }
}
