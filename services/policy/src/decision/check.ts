import {
  type AccessTokens,
  type CredentialLookup,
  type DecisionState,
  FactParked,
  loadViews,
  type ReadApiKey,
  readApiKey,
  refuseUnknownState,
  rememberApiKey,
  type Staleness,
  TokenServiceUnavailable,
} from '@gatehouse/decision-state'
import {
  type CredentialViews,
  canonicalPath,
  decide,
  type Match,
  type Matched,
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
  readonly credential: AskedCredential
}

/** `unknown`: of a kind that a later version knows. */
export type AskedCredential =
  | { readonly kind: 'none' | 'unknown' }
  | { readonly kind: 'api_key' | 'access_token'; readonly text: string }

export interface CheckParts {
  readonly state: Pick<DecisionState, 'policy' | 'credentials' | 'stalenessMs' | 'provenStalenessMs'>
  readonly accessTokens: AccessTokens
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
  parts: CheckParts,
  question: Question,
  onError: (error: unknown) => void,
): Promise<Verdict> {
  const { state } = parts
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
    const { credential, lookup, apiKey } = await present(parts, match, question.credential, nowMs)
    const views = await loadViews(state.credentials, lookup)
    const { reason, principal } = decide({ match, credential, clientIp: question.clientIp }, views, nowMs)
    if (apiKey && reason === 'ok') rememberApiKey(apiKey)
    return { ...facts, reason, principal, views }
  } catch (error) {
    if (error instanceof FactParked || error instanceof ReadModelUnavailable) return deny('read_model_unavailable')
    if (error instanceof TokenServiceUnavailable) return deny('token_service_unavailable')
    onError(error)
    return deny('internal_error')
  }
}

interface Presented {
  readonly credential: PresentedCredential
  readonly lookup?: CredentialLookup
  /** To be remembered once it is let in. */
  readonly apiKey?: ReadApiKey
}

function present(
  parts: CheckParts,
  match: Match,
  asked: AskedCredential,
  nowMs: number,
): Presented | Promise<Presented> {
  // As at the gateway: where everybody is let in, or nothing was found, credentials are not looked at.
  if (match.kind !== 'matched' || match.operation.anonymous) return none
  switch (asked.kind) {
    case 'none':
      return none
    case 'unknown':
      return malformed
    case 'api_key':
      return presentApiKey(asked.text)
    case 'access_token':
      return presentAccessToken(parts, match, asked.text, nowMs)
  }
}

const none: Presented = { credential: { kind: 'none' } }
const malformed: Presented = { credential: { kind: 'malformed' } }

function presentApiKey(text: string): Presented {
  const apiKey = readApiKey(text)
  return apiKey ? { credential: apiKey.credential, lookup: apiKey.lookup, apiKey } : malformed
}

/** A token that is bound to a key is refused: that its sender holds the key, only who took the request can tell. */
async function presentAccessToken(
  { accessTokens }: CheckParts,
  { environment, api, operation }: Matched,
  text: string,
  nowMs: number,
): Promise<Presented> {
  const { environmentId, issuer } = environment
  if (!operation.takesTokens || !issuer || !api.tokens) return none
  const read = await accessTokens.read(text, { environmentId, issuer: issuer.url, form: api.tokens.form, nowMs })
  if (read.kind === 'refused') return { credential: { kind: 'refused_token', reason: read.reason } }
  const { token } = read
  if (token.confirmation)
    return { credential: { kind: 'refused_token', reason: bindingReasons[token.confirmation.method] } }
  return { credential: { kind: 'access_token', token }, lookup: { by: 'token', environmentId, token } }
}

const bindingReasons = { dpop: 'proof_missing', certificate: 'certificate_mismatch' } as const
