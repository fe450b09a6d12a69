import type { Trail } from '@gatehouse/audit-trail'
import { parsePositions } from '@gatehouse/contracts/positions'
import { loadViews, refuseUnknownState, rememberApiKey } from '@gatehouse/decision-state'
import { type CredentialViews, type DenyReason, decide, type Matched, noViews } from '@gatehouse/policy-engine'
import type { ViewCache } from '@gatehouse/read-model'
import type { Consumption, Counters } from '../counters/counters.ts'
import type { Upstreams } from '../forward/upstreams.ts'
import { type Exchange, type Http1Handler, type Outcome, repeated } from '../http1/exchange.ts'
import type { OAuth } from '../oauth/oauth.ts'
import type { AccessTokenParts } from './authenticate/access-token.ts'
import { presentApiKey } from './authenticate/api-key.ts'
import { presentCredential } from './authenticate/present-credential.ts'
import type { Presented } from './authenticate/presented.ts'
import { conclude } from './conclude.ts'
import type { Verdict } from './decision.ts'
import { failureReason } from './failure-reason.ts'
import { type Inquiry, inquire } from './inquiry.ts'
import { limitsOf } from './limit.ts'
import { refuse } from './refuse.ts'
import type { State } from './state.ts'

export interface CheckParts {
  readonly state: State
  readonly views: ViewCache
  readonly counters: Counters
  readonly trail: Trail
  readonly upstreams: Upstreams
  readonly tokens: AccessTokenParts
  readonly oauth: OAuth
  readonly watch: Watch
}

/** Told of what happens, for metrics and logs; must not throw. */
export interface Watch {
  decided(reason: string, authMethod: string, durationMs: number): void
  /** What is to be told how a request of this method ended: the same function for all of them. */
  over(method: string): (outcome: Outcome) => void
  /** Something failed that a deny was answered for. */
  failed(error: unknown): void
  /** Neither decision nor refusal could be recorded: the connection was cut without an answer. */
  unrecorded(): void
}

/**
 * The request path. A request starts denied and passes, in this order: position → match → freshness → authenticate →
 * check → authorize → limit → forward. Each refuses with its own reason; only the end of the table allows. What belongs
 * to the authorization server leaves it after freshness.
 * Nothing is awaited that this process knows already.
 */
export function createCheck(parts: CheckParts): Http1Handler {
  return {
    handle(exchange) {
      exchange.whenOver = parts.watch.over(exchange.method)
      const demanded = exchange.header('x-gatehouse-position')
      const work = () => (demanded === undefined ? examine(parts, exchange) : awaitPosition(parts, exchange, demanded))
      return caught(work, (error) => cut(parts, exchange, error))
    },
    refuse(refused) {
      refused.whenOver = parts.watch.over(refused.requestLine?.method ?? '')
      return caught(
        () => refuse(parts, refused),
        (error) => cut(parts, refused, error),
      )
    },
  }
}

/** What went wrong could not even be recorded: then it is not answered. */
function cut({ watch }: CheckParts, client: Pick<Exchange, 'abort'>, error: unknown): void {
  watch.failed(error)
  watch.unrecorded()
  client.abort()
}

/** Never answered from an older state than the caller demands. */
async function awaitPosition(parts: CheckParts, exchange: Exchange, demanded: string | typeof repeated): Promise<void> {
  const positions = demanded === repeated ? undefined : parsePositions(demanded)
  const reached = positions && (await parts.state.reached(positions))
  if (exchange.over) return
  if (reached) await examine(parts, exchange)
  else deny(parts, inquire(exchange, parts.state), positions ? 'position_not_reached' : 'position_malformed')
}

function examine(parts: CheckParts, exchange: Exchange): Promise<void> | undefined {
  const inquiry = inquire(exchange, parts.state)
  const { match } = inquiry
  const refusal = refusalOf(inquiry)
  const answerOAuth = refusal ? undefined : parts.oauth.handlerOf(inquiry)
  if (refusal) deny(parts, inquiry, refusal)
  else if (answerOAuth) return answerOAuth()
  else if (match.kind === 'unmatched') deny(parts, inquiry, match.reason)
  else
    return caught(
      () => examineMatched(parts, inquiry, match),
      (error) => denyFor(parts, inquiry, error),
    )
  return undefined
}

/** Why the request cannot be decided at all. */
function refusalOf(inquiry: Inquiry): DenyReason | undefined {
  if (inquiry.pathRefusal) return 'path_malformed'
  return refuseUnknownState(inquiry, inquiry.match.enforcement.maxStalenessMs)
}

function examineMatched(parts: CheckParts, inquiry: Inquiry, match: Matched): Promise<void> | undefined {
  const presented = match.operation.takesTokens
    ? presentCredential(parts.tokens, inquiry, match)
    : presentApiKey(inquiry.exchange, match.api, match.operation)
  return presented instanceof Promise
    ? presented.then((one) => examinePresented(parts, inquiry, match, one))
    : examinePresented(parts, inquiry, match, presented)
}

function examinePresented(
  parts: CheckParts,
  inquiry: Inquiry,
  match: Matched,
  presented: Presented,
): Promise<void> | undefined {
  const { credential, lookup, authorization, apiKey } = presented
  const { exchange, nowMs } = inquiry
  const examineWith = (views: CredentialViews) => {
    const { allowed, reason, principal } = decide({ match, credential, clientIp: exchange.clientAddress }, views, nowMs)
    const verdict: Verdict = { reason, principal, views, consumption: undefined, authorization }
    if (allowed) {
      if (apiKey) rememberApiKey(apiKey)
      return limit(parts, inquiry, match, verdict)
    }
    if (reason === 'proof_nonce_required') return demandNonce(parts, inquiry, verdict)
    conclude(parts, inquiry, verdict)
    return undefined
  }
  const views = loadViews(parts.views, lookup)
  return views instanceof Promise ? views.then(examineWith) : examineWith(views)
}

/** RFC 9449 section 9. */
async function demandNonce(parts: CheckParts, inquiry: Inquiry, verdict: Verdict): Promise<void> {
  const dpopNonce = await parts.tokens.proofs.nonce(inquiry.nowMs)
  conclude(parts, inquiry, { ...verdict, dpopNonce })
}

function limit(parts: CheckParts, inquiry: Inquiry, match: Matched, verdict: Verdict): Promise<void> | undefined {
  const { principal, views, authorization } = verdict
  const limits = limitsOf(match, principal, views.subscription, inquiry.exchange.clientAddress)
  if (!limits.length) {
    conclude(parts, inquiry, verdict)
    return undefined
  }
  const end = (consumption: Consumption) => {
    const reason = consumption.allowed ? 'ok' : 'rate_limited'
    conclude(parts, inquiry, { reason, principal, views, consumption, authorization })
  }
  const consumption = parts.counters.consume(limits)
  if (consumption instanceof Promise) return consumption.then(end)
  end(consumption)
  return undefined
}

/** What cannot be known is denied, and recorded as that. */
function denyFor(parts: CheckParts, inquiry: Inquiry, error: unknown): void {
  if (inquiry.exchange.over) return
  parts.watch.failed(error)
  deny(parts, inquiry, failureReason(error))
}

function caught(work: () => Promise<void> | undefined, onError: (error: unknown) => void): Promise<void> | undefined {
  try {
    return work()?.catch(onError)
  } catch (error) {
    onError(error)
    return undefined
  }
}

function deny(parts: CheckParts, inquiry: Inquiry, reason: DenyReason): void {
  const verdict: Verdict = { reason, principal: undefined, views: noViews, consumption: undefined }
  conclude(parts, inquiry, verdict)
}
