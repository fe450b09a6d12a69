import type { User } from '@gatehouse/contracts/token/v1/grant'
import {
  ChangeUserRequest,
  CreateUserRequest,
  GetUserRequest,
  LinkUserRequest,
  ListUsersRequest,
  ResumeUserRequest,
  SetUserPasswordRequest,
  SuspendUserRequest,
} from '@gatehouse/contracts/token/v1/token_admin_service'
import type { FastifyInstance } from 'fastify'
import { addEndpoint } from '../http/endpoint.ts'
import { claims } from '../http/oauth-schemas.ts'
import { userView } from '../http/oauth-views.ts'
import { body, pageQuery, ref, refs, text } from '../http/schemas.ts'
import { page, writtenAt } from '../http/views.ts'
import type { Services } from '../services.ts'

const tag = 'users'
const collection = '/v1/users'
const item = `${collection}/:user_id`
const reply = { user: ref('User') }
const password = { ...text(1024), description: 'Kept as an Argon2id hash alone.' }

const written = ({ user, position }: { user: User | undefined; position: bigint }) => ({
  user: userView(user),
  ...writtenAt('token', position),
})

export function userRoutes(app: FastifyInstance, services: Services): void {
  userReads(app, services)
  userWrites(app, services)
  userStates(app, services)
}

function userReads(app: FastifyInstance, { token }: Services): void {
  addEndpoint(app, {
    ...{
      method: 'GET',
      url: collection,
      tag,
      summary: 'Lists the users of an environment by id, or the one of a name.',
    },
    query: { environment_id: text(), username: text(), ...pageQuery },
    reply: { users: refs('User'), next_page_token: text() },
    operationId: 'listUsers',
    message: ListUsersRequest,
    call: token.listUsers,
    answer: ({ users, nextPageToken }) => page('users', users.map(userView), nextPageToken),
  })
  addEndpoint(app, {
    ...{ method: 'GET', url: item, tag, summary: 'Shows a user.', reply },
    operationId: 'getUser',
    message: GetUserRequest,
    call: token.getUser,
    answer: ({ user }) => ({ user: userView(user) }),
  })
}

function userWrites(app: FastifyInstance, { token }: Services): void {
  addEndpoint(app, {
    ...{ method: 'POST', url: collection, tag, summary: 'Makes a user.', reply, status: 201 },
    body: body({ environment_id: text(), username: text(), password, claims }, ['environment_id', 'username']),
    operationId: 'createUser',
    message: CreateUserRequest,
    call: token.createUser,
    answer: written,
  })
  addEndpoint(app, {
    ...{ method: 'POST', url: `${item}/change`, tag, summary: 'Replaces what clients are told of a user.', reply },
    body: body({ claims }, ['claims']),
    operationId: 'changeUser',
    message: ChangeUserRequest,
    call: token.changeUser,
    answer: written,
  })
  addEndpoint(app, {
    ...{ method: 'POST', url: `${item}/password`, tag, summary: 'Sets a password, and ends the sessions.', reply },
    body: body({ password }, ['password']),
    operationId: 'setUserPassword',
    message: SetUserPasswordRequest,
    call: token.setUserPassword,
    answer: written,
  })
  addEndpoint(app, {
    ...{ method: 'POST', url: `${item}/link`, tag, summary: 'Ties a user to an account at a provider.', reply },
    body: body({ provider_id: text(32), provider_subject: text() }, ['provider_id', 'provider_subject']),
    operationId: 'linkUser',
    message: LinkUserRequest,
    call: token.linkUser,
    answer: written,
  })
}

function userStates(app: FastifyInstance, { token }: Services): void {
  addEndpoint(app, {
    ...{ method: 'POST', url: `${item}/suspend`, tag, summary: 'Refuses everything of a user until resumed.', reply },
    body: body({ reason: text() }),
    operationId: 'suspendUser',
    message: SuspendUserRequest,
    call: token.suspendUser,
    answer: written,
  })
  addEndpoint(app, {
    ...{ method: 'POST', url: `${item}/resume`, tag, summary: 'Ends a suspension.', reply },
    operationId: 'resumeUser',
    message: ResumeUserRequest,
    call: token.resumeUser,
    answer: written,
  })
}
