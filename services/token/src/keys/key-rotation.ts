import { SigningAlgorithm } from '@gatehouse/contracts/policy/v1/token_settings'
import { SigningKeyState } from '@gatehouse/contracts/token/v1/signing_key'
import type { CompiledIssuer, PolicyTable } from '@gatehouse/policy-engine'
import { tokenLifetimeSecondsMax } from '@gatehouse/policy-engine'
import { type Candidate, keyRing, type MaintainKeyRing } from '../domain/key-ring/decide.ts'
import type { KeyRing } from '../domain/key-ring/key-ring.ts'
import { readSigningKeys } from '../read/signing-keys.ts'
import { streams } from '../store/streams.ts'
import type { TokenStore } from '../store/token-store.ts'
import { transact } from '../store/transact.ts'
import { makeKeyPair } from './key-pair.ts'
import type { SealedKeys } from './sealed-keys.ts'

export interface KeyRotationOptions {
  readonly store: TokenStore
  readonly sealed: SealedKeys
  readonly policy: () => PolicyTable
  /** How long the JWKS may be cached, milliseconds. */
  readonly publishedMs: number
  readonly onError: (error: unknown) => void
}

export interface KeyRotation {
  /** Does what is due in every environment now; it is done every few seconds too. */
  maintain(): Promise<void>
  close(): void
}

const everyMs = 5000
/** Clocks differ, and a token may be accepted for the skew beyond its life. */
const keepMs = (tokenLifetimeSecondsMax + 300) * 1000

/** Keeps the signing keys of every environment that is an authorization server. Several instances may run. */
export function startKeyRotation(options: KeyRotationOptions): KeyRotation {
  let running: Promise<void> | undefined
  const maintain = () => {
    running ??= maintainAll(options).finally(() => {
      running = undefined
    })
    return running
  }
  const timer = setInterval(() => void maintain(), everyMs)
  return { maintain, close: () => clearInterval(timer) }
}

async function maintainAll(options: KeyRotationOptions): Promise<void> {
  for (const environment of options.policy().environments()) {
    const { issuer } = environment
    if (!issuer) continue
    for (const algorithm of algorithms) {
      await maintainOne(options, environment.environmentId, issuer, algorithm).catch(options.onError)
    }
  }
}

/** Both, whatever the APIs say: every client may have its ID tokens signed by either (OpenID Connect wants RS256). */
const algorithms = [SigningAlgorithm.SIGNING_ALGORITHM_ES256, SigningAlgorithm.SIGNING_ALGORITHM_RS256] as const

async function maintainOne(
  { store, sealed, publishedMs }: KeyRotationOptions,
  environmentId: string,
  { keyRotationMs }: CompiledIssuer,
  algorithm: SigningAlgorithm,
): Promise<void> {
  const schedule = { publishedMs, rotateMs: keyRotationMs, keepMs }
  const command = (candidate: Candidate): MaintainKeyRing => {
    return { type: 'maintain', environmentId, algorithm, candidate, schedule, time: new Date() }
  }
  // A key pair is made only where one is needed: the decision is pure, so it can be tried.
  const tried = keyRing.decide(command({ keyId: '', publicJwk: '' }), {
    keys: await readSigningKeys(store.pool, environmentId),
  })
  if (tried.length === 0) return
  const candidate = await newCandidate(sealed, algorithm)
  const { states } = await transact(store, {
    streams: { ring: streams.keyRing(environmentId) },
    decide: ({ ring }) => ({ events: { ring: keyRing.decide(command(candidate), ring) } }),
  })
  await forgetRemoved(sealed, states.ring)
}

/** What is removed signs never again. */
export async function forgetRemoved(sealed: SealedKeys, { keys }: KeyRing): Promise<void> {
  const removed = keys.filter(({ state }) => state === SigningKeyState.SIGNING_KEY_STATE_REMOVED)
  await Promise.all(removed.map(({ keyId }) => sealed.forget(keyId)))
}

/** A new key pair whose private part is sealed; nobody uses it before an event publishes it. */
export async function newCandidate(sealed: SealedKeys, algorithm: SigningAlgorithm): Promise<Candidate> {
  const { keyId, publicJwk, privateKey } = await makeKeyPair(algorithm)
  await sealed.keep(keyId, privateKey)
  return { keyId, publicJwk }
}
