import { digestSecret, parseApiKey } from '@gatehouse/credential-format'
import {
  type DecisionState,
  FactParked,
  loadViews,
  refuseUnknownState,
  type Staleness,
} from '@gatehouse/decision-state'
import {
  type CredentialViews,
  canonicalPath,
  decide,
  type Match,
  matchInEnvironment,
  noViews,
  type PresentedCredential,
  type Principal,
  type Reason,
} from '@gatehouse/policy-engine'
import { ReadModelUnavailable } from '@gatehouse/read-model'

/** A request as an internal service tells it. */
export interface Question {
  readonly environmentId: string
  readonly method: string
  /** As a client would send it. */
  readonly path: string
  readonly clientIp: string
  readonly apiKey: string | undefined
}

/** What was decided, on which facts: all that its record tells. */
export interface Verdict extends Staleness {
  readonly reason: Reason
  readonly principal: Principal | undefined
  readonly match: Match
  /** Canonical; empty when the path has no canonical form. */
  readonly path: string
  readonly views: CredentialViews
  readonly nowMs: number
}

/**
 * Decides like the gateway, on the same engine; limits are not counted: nothing is forwarded. Never rejects: what goes
 * wrong denies, and is told to `onError` when it is not expected.
 */
export async function check(
  state: DecisionState,
  question: Question,
  onError: (error: unknown) => void,
): Promise<Verdict> {
  const nowMs = Date.now()
  const staleness = { stalenessMs: state.stalenessMs(), provenStalenessMs: state.provenStalenessMs() }
  const canonical = canonicalPath(question.path)
  const path = typeof canonical === 'string' ? canonical : ''
  const match = matchInEnvironment(state.policy().environment(question.environmentId), question.method, path)
  const facts = { match, path, nowMs, ...staleness }
  const deny = (reason: Reason, views = noViews): Verdict => ({ ...facts, reason, principal: undefined, views })
  if (typeof canonical !== 'string') return deny('path_malformed')
  const refusal = refuseUnknownState(staleness, match.enforcement.maxStalenessMs)
  if (refusal) return deny(refusal)
  try {
    const { credential, views } = await present(state, question.apiKey)
    const { reason, principal } = decide({ match, credential, clientIp: question.clientIp }, views, nowMs)
    return { ...facts, reason, principal, views }
  } catch (error) {
    if (error instanceof FactParked || error instanceof ReadModelUnavailable) return deny('read_model_unavailable')
    onError(error)
    return deny('internal_error')
  }
}

async function present(
  state: DecisionState,
  apiKey: string | undefined,
): Promise<{ readonly credential: PresentedCredential; readonly views: CredentialViews }> {
  if (apiKey === undefined) return { credential: { kind: 'none' }, views: noViews }
  const parsed = parseApiKey(apiKey)
  if (parsed.kind === 'malformed') return { credential: { kind: 'malformed' }, views: noViews }
  const digest = digestSecret(apiKey)
  const lookup = parsed.kind === 'own' ? { by: 'id' as const, id: parsed.id } : { by: 'digest' as const, digest }
  const views = await loadViews(state.credentials, lookup)
  return { credential: { kind: 'api_key', digest }, views }
}
