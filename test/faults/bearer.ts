import { setTimeout as sleep } from 'node:timers/promises'
import { claimsOf } from '../conformance/endpoint.ts'
import type { Demo } from '../e2e/system.ts'
import type { Outcome, Redemption } from './history.ts'
import type { Installation } from './installation.ts'
import type { Key } from './operate.ts'
import type { Random } from './random.ts'
import { type Attempt, askToken, authorizationCode } from './token-family.ts'

export interface BearerOptions {
  readonly installation: Pick<Installation, 'demo' | 'gateways'>
  readonly random: Random
  readonly going: () => boolean
  readonly nextId: () => string
  readonly redemptions: Redemption[]
  /** Takes a token that may be used and revoked. */
  readonly got: (token: Key) => void
}

type Tokens = Extract<Attempt, { kind: 'tokens' }>
type Form = Record<string, string>
type Presented = Pick<Redemption, 'spent' | 'kind' | 'family' | 'reuse'>

const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'

/** Clients that get tokens in every way, impatiently: what may be used once is sent twice at a time, and again. */
export async function bear(options: BearerOptions): Promise<void> {
  const { random, going } = options
  while (going()) {
    await (random.chance(0.5) ? grantLife(options) : exchangeOne(options))
    for (let rest = random.between(2, 8); rest > 0 && going(); rest--) await sleep(100)
  }
}

/** A grant from its code to its end: refreshed some times, often sent twice, and at last a token too old. */
async function grantLife(options: BearerOptions): Promise<void> {
  const { random, going, nextId } = options
  const family = nextId()
  const code = await authorizationCode(options.installation.demo).catch(() => undefined)
  if (!code) return
  const presentedCode = { spent: `${family}-code`, kind: 'code', family, reuse: false } as const
  const stolen = random.chance(0.3)
  const [first] = await insist(options, presentedCode, { grant_type: 'authorization_code', ...code }, stolen)
  // What a code gave that came twice dies with it.
  if (stolen || !first) return
  const generations = [first]
  for (let turn = random.between(2, 4); turn > 0 && going(); turn--) {
    const last = generations.at(-1)
    if (!last) return
    const spent = idOf(last.refreshToken)
    const form = { grant_type: 'refresh_token', refresh_token: last.refreshToken }
    const [next] = await insist(options, { spent, kind: 'refresh', family, reuse: false }, form, random.chance(0.5))
    if (!next) return
    generations.push(next)
  }
  const old = generations.at(-3)
  if (!old || !random.chance(0.6)) return
  const reuse = { spent: idOf(old.refreshToken), kind: 'refresh', family, reuse: true } as const
  await present(options, reuse, { grant_type: 'refresh_token', refresh_token: old.refreshToken })
}

/** Sends it, a second time at once where asked to, and again until something is known. */
async function insist(options: BearerOptions, presented: Presented, form: Form, twice: boolean): Promise<Tokens[]> {
  const sent = await Promise.all((twice ? [1, 2] : [1]).map(() => present(options, presented, form)))
  for (let left = 50; left > 0 && options.going() && sent.every(({ kind }) => kind === 'unknown'); left--) {
    await sleep(100)
    sent.push(await present(options, presented, form))
  }
  return sent.filter((attempt) => attempt.kind === 'tokens')
}

/** A token of the client itself, and what it is exchanged for. */
async function exchangeOne(options: BearerOptions): Promise<void> {
  const attempt = await askToken(options.installation.demo, gatewayOf(options), { grant_type: 'client_credentials' })
  if (attempt.kind !== 'tokens') return
  const token = tokenOf(attempt.accessToken)
  options.got(token)
  const presented = { spent: token.id, kind: 'exchange', family: token.id, reuse: false } as const
  const { resource } = options.installation.demo
  const form = { grant_type: exchange, subject_token: token.secret, subject_token_type: accessTokenType, resource }
  await present(options, presented, form)
}

async function present(options: BearerOptions, presented: Presented, form: Form): Promise<Attempt> {
  const invokedAt = performance.now()
  const attempt = await askToken(options.installation.demo, gatewayOf(options), form)
  const token = attempt.kind === 'tokens' ? tokenOf(attempt.accessToken) : undefined
  const successor = attempt.kind === 'tokens' && attempt.refreshToken ? idOf(attempt.refreshToken) : undefined
  const endedAt = performance.now()
  options.redemptions.push({
    ...presented,
    ...{ invokedAt, endedAt, outcome: outcomeOf(attempt), successor, tokenId: token?.id },
  })
  if (token) options.got(token)
  return attempt
}

function outcomeOf(attempt: Attempt): Outcome {
  if (attempt.kind === 'tokens') return 'ok'
  return attempt.kind === 'refused' && attempt.error === 'invalid_grant' ? 'fail' : 'unknown'
}

function gatewayOf({ random, installation }: BearerOptions): string {
  return random.pick(Object.values(installation.gateways)) ?? installation.demo.gateway
}

function tokenOf(secret: string): Key {
  const id = String(claimsOf(secret)['jti'])
  return { id, kind: 'token', secret, settledAt: performance.now(), position: '' }
}

/** Enough of a refresh token to tell it from others, and too little to use it. */
const idOf = (refreshToken: string) => refreshToken.slice(-12)

/** What the demo's client needs beside what it may do anyway. */
export function exchanging(demo: Demo, registration: object & { grant_types?: readonly string[] }): object {
  const apis = [demo.api]
  const grantTypes = [...(registration.grant_types ?? []), exchange]
  return { ...registration, grant_types: grantTypes, introspectable_apis: apis, exchangeable_apis: apis }
}
