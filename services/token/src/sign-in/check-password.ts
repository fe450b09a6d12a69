import type { Browser } from '@gatehouse/contracts/token/v1/authorization_service'
import { type User, UserState } from '@gatehouse/contracts/token/v1/grant'
import { GatehouseError } from '@gatehouse/errors'
import type { OAuthReason } from '@gatehouse/policy-engine'
import { usernameKey } from '../domain/user/username.ts'
import type { Place } from '../issue/token-request.ts'
import type { TokenParts } from '../token-parts.ts'
import { type Counted, sourceOf } from './throttle.ts'

/** What became of a try. Every failure is shown alike; reason and user are for the decision record. */
export type PasswordOutcome = { readonly kind: 'matches'; readonly user: User; readonly passwordId: string } | Failed

interface Failed {
  readonly kind: 'failed'
  readonly reason: OAuthReason
  readonly retryAfterSeconds: number
  /** Whose account it was; empty: there is none of that name. */
  readonly userId: string
}

export interface Credentials {
  readonly username: string
  readonly password: string
}

// Guesses at one account: 10 freely from one place, then a pause after each that doubles up to 15 minutes. From
// everywhere together a guess each minute: with 12 characters that finds nothing, and when the flood is over the account
// is open again. A place gets 100 over all accounts, as offices share an address.
const ofPair = { free: 10, pauseMaxSeconds: 900 }
const ofAccount = { free: 50, pauseMaxSeconds: 60 }
const ofSource = { free: 100, pauseMaxSeconds: 900 }

const inputCharsMax = 1024

/**
 * Checks a user's password. Whether there is such a user is told neither by the answer nor by its time: the same
 * queries, the same counters, one hash.
 */
export async function checkPassword(
  { signIn }: Pick<TokenParts, 'signIn'>,
  place: Place,
  browser: Browser,
  { username, password }: Credentials,
): Promise<PasswordOutcome> {
  if (!place.issuer.localUsers) return failed('local_users_not_allowed')
  if (username.length > inputCharsMax) return failed('credentials_invalid')
  const { environmentId } = place.environment
  const now = new Date(place.nowMs)
  const found = await signIn.users.byUsername(environmentId, username)
  const known = await signIn.knownBrowsers.isKnown(found?.user.userId ?? '', browser.binding, now)
  const guesses = countersOf(place, username, known)
  const retryAfterSeconds = await signIn.throttle.take(guesses.all, now)
  const userId = found?.user.userId ?? ''
  if (retryAfterSeconds > 0) return failed('sign_in_throttled', userId, retryAfterSeconds)
  const verified = await signIn.passwords.verify(password, found?.hash).catch(busy)
  if (!verified) return failed('sign_in_throttled', userId, busySeconds)
  if (!found || !verified.matches) return failed('credentials_invalid', userId)
  // Only who knows the password gets here, and sees no more than that it failed.
  if (found.user.state !== UserState.USER_STATE_ACTIVE) return failed('user_suspended', userId)
  await signIn.throttle.forgive([guesses.pair])
  await signIn.throttle.takeBack(guesses.shared)
  await signIn.knownBrowsers.remember(found.user.userId, browser.binding, now)
  if (verified.outdated) await signIn.passwordTable.replace(found.passwordId, await signIn.passwords.hash(password))
  return { kind: 'matches', user: found.user, passwordId: found.passwordId }
}

const busySeconds = 2

/** Too many hashes wait: the try is not taken, and says so. */
function busy(error: unknown): undefined {
  if (!(error instanceof GatehouseError) || error.reason !== 'TOO_MANY_SIGN_INS') throw error
}

function failed(reason: OAuthReason, userId = '', retryAfterSeconds = 0): PasswordOutcome {
  return { kind: 'failed', reason, retryAfterSeconds, userId }
}

/**
 * What a try is counted for. A browser in which the user signed in before is not held up by a flood of guesses from
 * elsewhere, and an attacker gains nothing by it: the guesses from there are counted all the same.
 */
function countersOf({ endpoint, environment }: Place, username: string, known: boolean) {
  const account = [environment.environmentId, usernameKey(username)]
  const source = sourceOf(endpoint.clientIp)
  const pair: Counted = { kind: 'account and source', of: [...account, source], allowance: ofPair }
  const whole: Counted = { kind: 'account', of: account, allowance: ofAccount }
  const from: Counted = { kind: 'source', of: [environment.environmentId, source], allowance: ofSource }
  const shared = known ? [] : [whole, from]
  return { pair, shared, all: [pair, ...shared] }
}
