import { randomBytes } from 'node:crypto'
import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { type IdentityProvider, Issuer } from '@gatehouse/contracts/policy/v1/token_settings'
import type { Browser } from '@gatehouse/contracts/token/v1/authorization_service'
import { Endpoint } from '@gatehouse/contracts/token/v1/token_service'
import { openPool } from '@gatehouse/event-store'
import { PolicyTable } from '@gatehouse/policy-engine'
import { afterAll, beforeAll } from 'vitest'
import type { Place } from '../issue/token-request.ts'
import { createHandles } from '../keys/handles.ts'
import type { Parties, Views } from '../read/views.ts'
import { openTokenStore } from '../store/token-store.ts'
import type { TokenParts } from '../token-parts.ts'
import { createSignIn } from './sign-in-parts.ts'

/** What sign-in needs of the service. */
export type SignInTestParts = Pick<TokenParts, 'store' | 'signIn' | 'handles' | 'views'>

export interface SignInTestOptions {
  readonly onProviderFault?: (providerId: string, error: unknown) => void
  readonly secretsDir?: string
  /** By `<environment>/<user>`. */
  readonly cutoffs?: ReadonlyMap<string, Date>
}

const key = randomBytes(32)

/** A real store, with what sign-in works with, for the tests of the file that imports this. */
export function signInOn(database: () => Promise<string>, options: SignInTestOptions = {}) {
  const made: { parts?: SignInTestParts; close?: () => Promise<void>; url?: string } = {}
  beforeAll(async () => {
    made.url = await database()
    const opened = await openParts(made.url, options)
    made.parts = opened.parts
    made.close = opened.close
  })
  afterAll(() => made.close?.())
  return {
    get parts(): SignInTestParts {
      if (!made.parts) throw new Error('only inside tests')
      return made.parts
    },
    /** The same database, as another instance or after a restart sees it. */
    again: (other: SignInTestOptions = options) => openParts(made.url ?? '', other),
  }
}

async function openParts(url: string, options: SignInTestOptions) {
  const pool = openPool({ url, applicationName: 'sign-in test' })
  const store = await openTokenStore(pool, new URL('../migrations/token/', import.meta.url))
  const none = async () => undefined
  const cutoffOf = async ({ environmentId, userId = '' }: Parties) =>
    options.cutoffs?.get(`${environmentId}/${userId}`) ?? options.cutoffs?.get(`${environmentId}/`)
  const views: Views = {
    client: none,
    clientSecret: none,
    subscriptionOf: none,
    subscription: none,
    cutoffOf,
  }
  const { onProviderFault = () => undefined } = options
  const signIn = createSignIn({ pool, key, secretsDir: options.secretsDir ?? '/nonexistent', onProviderFault })
  const close = async () => {
    await store.close()
    await pool.end()
  }
  return { parts: { store, signIn, views, handles: createHandles(key) }, close }
}

export const issuerUrl = 'http://127.0.0.1:8080'

interface PlaceOptions {
  readonly nowMs?: number
  readonly clientIp?: string
  readonly environmentId?: string
  readonly localUsers?: boolean
  readonly identityProviders?: readonly IdentityProvider[]
}

/** The environment `alpha` as authorization server, asked from an address. */
export function placeAt(options: PlaceOptions = {}): Place {
  const { environmentId = 'alpha', clientIp = '192.0.2.1', nowMs = Date.now() } = options
  const table = new PolicyTable()
  const issuer: Issuer = {
    ...Issuer.fromPartial({ url: issuerUrl, localUsers: options.localUsers ?? true }),
    sessionLifetime: { seconds: 3600n, nanos: 0 },
    identityProviders: [...(options.identityProviders ?? [])],
  }
  const bare = Environment.fromPartial({ environmentId, version: 1n })
  table.replaceEnvironment(environmentId, { ...bare, hosts: ['127.0.0.1:8080'], issuer })
  const environment = table.environment(environmentId)
  if (!environment?.issuer) throw new Error('the environment does not compile')
  const endpoint = Endpoint.fromPartial({ environmentId, clientIp })
  return { endpoint, environment, issuer: environment.issuer, nowMs }
}

export const browser = (sessionToken = '', binding = 'binding-1'): Browser => ({ sessionToken, binding })
