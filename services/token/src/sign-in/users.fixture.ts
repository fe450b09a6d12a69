import { randomUUID } from 'node:crypto'
import { UserClaims } from '@gatehouse/contracts/token/v1/grant'
import type { CallContext } from '@gatehouse/grpc-service'
import { userMethods } from '../admin/user-methods.ts'
import type { SignInTestParts } from './sign-in.fixture.ts'

export const context: CallContext = {
  ...{ caller: 'console', requestId: 'test', traceparent: undefined },
  signal: new AbortController().signal,
}

export const id = () => randomUUID().slice(0, 8)
export const password = 'correct horse battery'

/** What an operator does, without gRPC. */
export function operator(parts: SignInTestParts) {
  const methods = userMethods(parts)
  return {
    ...methods,
    async newUser({ username = `user-${id()}`, environmentId = 'alpha', secret = password } = {}) {
      const claims = UserClaims.fromPartial({ name: 'Ada' })
      const request = { requestId: id(), environmentId, username, password: secret, claims }
      const { user } = await methods.createUser(request, context)
      if (!user) throw new Error('no user was answered')
      return user
    },
    suspend: (userId: string) => methods.suspendUser({ requestId: id(), userId, reason: 'left' }, context),
    resume: (userId: string) => methods.resumeUser({ requestId: id(), userId }, context),
    setPassword: (userId: string, secret: string) =>
      methods.setUserPassword({ requestId: id(), userId, password: secret }, context),
    link: (userId: string, providerSubject: string) =>
      methods.linkUser({ requestId: id(), userId, providerId: 'corp', providerSubject }, context),
  }
}
