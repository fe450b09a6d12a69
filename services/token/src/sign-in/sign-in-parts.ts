import type pg from 'pg'
import { type DeviceAuthorizations, readDeviceAuthorizations } from '../read/device-authorizations.ts'
import { readSessions, type Sessions } from '../read/sessions.ts'
import { readUsers, type Users } from '../read/users.ts'
import { createFederationStates, type FederationStates } from './federation/federation-states.ts'
import { createProviders, type Providers } from './federation/providers.ts'
import { createKnownBrowsers, type KnownBrowsers } from './known-browsers.ts'
import { createPasswordTable, type PasswordTable } from './password-table.ts'
import { createPasswords, type Passwords } from './passwords.ts'
import { createThrottle, type Throttle } from './throttle.ts'

/** What sign-in works with. */
export interface SignInParts {
  readonly users: Users
  readonly sessions: Sessions
  readonly devices: DeviceAuthorizations
  readonly passwords: Passwords
  readonly passwordTable: PasswordTable
  readonly throttle: Throttle
  readonly knownBrowsers: KnownBrowsers
  readonly providers: Providers
  /** Told why a user could not be signed in at a provider, which the user is not. */
  readonly onProviderFault: (providerId: string, error: unknown) => void
  readonly federationStates: FederationStates
  /** Of fingerprints, 32 bytes. */
  readonly key: Uint8Array
}

export interface SignInOptions {
  readonly pool: pg.Pool
  /** 32 bytes, the same in every instance on the same database. */
  readonly key: Uint8Array
  /** Client secrets at identity providers, a file each. */
  readonly secretsDir: string
  readonly onProviderFault: SignInParts['onProviderFault']
}

export function createSignIn({ pool, key, secretsDir, onProviderFault }: SignInOptions): SignInParts {
  return {
    users: readUsers(pool),
    sessions: readSessions(pool),
    devices: readDeviceAuthorizations(pool),
    passwords: createPasswords(),
    passwordTable: createPasswordTable(pool),
    throttle: createThrottle(pool, key),
    knownBrowsers: createKnownBrowsers(pool, key),
    providers: createProviders(secretsDir),
    onProviderFault,
    federationStates: createFederationStates(pool, key),
    key,
  }
}
