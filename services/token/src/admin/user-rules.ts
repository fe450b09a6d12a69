import type { UserClaims } from '@gatehouse/contracts/token/v1/grant'
import type * as rpc from '@gatehouse/contracts/token/v1/token_admin_service'
import { form, nested, orEmpty, orUnset, pageSizeMax, type Rule, type Rules } from '@gatehouse/grpc-service'
import { isUsername } from '../domain/user/username.ts'
import { environmentId, id, reason, requestId } from '../grpc/rules.ts'
import { isPassword, passwordCharsMax, passwordCharsMin } from '../sign-in/passwords.ts'

const username: Rule<string> = (value) =>
  isUsername(value) ? undefined : 'must be 1 to 200 characters, none of them a space, a slash or of control'
const password: Rule<string> = (value) =>
  isPassword(value) ? undefined : `must have ${passwordCharsMin} to ${passwordCharsMax} characters`
const claim = form(/^[^\p{Cc}\p{Zl}\p{Zp}]{0,200}$/u, 'must have at most 200 characters and none of control')
const email = form(/^[^\s@\p{C}]{1,64}@[^\s@\p{C}]{1,189}$/u, 'must be an e-mail address')
const locale = form(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$/, 'must be a language tag (BCP 47)')
const claims = orUnset(
  nested<UserClaims>({
    ...{ name: claim, givenName: claim, familyName: claim, email: orEmpty(email) },
    ...{ emailVerified: () => undefined, locale: orEmpty(locale) },
  }),
)
const providerId = form(/^[a-z][a-z0-9-]{0,31}$/, 'must be a letter, then up to 31 of a-z, 0-9 and -')
/** OpenID Connect core section 2: at most 255 ASCII characters. */
const providerSubject = form(/^[!-~]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
const expectedVersion = orUnset<bigint>((value) => (value < 0n ? 'must not be negative' : undefined))
const pageSize: Rule<number> = (value) => (value < 0 || value > pageSizeMax ? `must be 0 to ${pageSizeMax}` : undefined)
/** Checked where it is read. */
const pageToken: Rule<string> = () => undefined

export const createUser: Rules<rpc.CreateUserRequest> = {
  ...{ requestId, environmentId, username, claims },
  password: orEmpty(password),
}
export const changeUser: Rules<rpc.ChangeUserRequest> = { requestId, userId: id, claims, expectedVersion }
export const setUserPassword: Rules<rpc.SetUserPasswordRequest> = { requestId, userId: id, password }
export const linkUser: Rules<rpc.LinkUserRequest> = { requestId, userId: id, providerId, providerSubject }
export const suspendUser: Rules<rpc.SuspendUserRequest> = { requestId, userId: id, reason }
export const resumeUser: Rules<rpc.ResumeUserRequest> = { requestId, userId: id }
export const getUser: Rules<rpc.GetUserRequest> = { userId: id }
export const listUsers: Rules<rpc.ListUsersRequest> = {
  ...{ pageSize, pageToken },
  environmentId: orEmpty(environmentId),
  username: orEmpty(username),
}
