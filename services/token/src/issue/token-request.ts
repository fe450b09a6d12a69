import type { Endpoint } from '@gatehouse/contracts/token/v1/token_service'
import { type DecisionState, refuseUnknownState } from '@gatehouse/decision-state'
import { unavailable } from '@gatehouse/errors'
import type { CompiledEnvironment, CompiledIssuer } from '@gatehouse/policy-engine'
import type { FactsOf } from '../refused.ts'
import type { Parameters } from './parameters.ts'

/** Where a request came in, and when. */
export interface Place {
  readonly endpoint: Endpoint
  readonly environment: CompiledEnvironment
  readonly issuer: CompiledIssuer
  readonly nowMs: number
}

/** A request of a client to one of the endpoints. */
export interface ClientRequest extends Place {
  readonly parameters: Parameters
  readonly facts: FactsOf
}

/**
 * The environment as authorization server.
 * @throws UNAVAILABLE while the state cannot be trusted, or when the environment is none
 */
export function placeOf(state: DecisionState, endpoint: Endpoint | undefined): Place {
  const environment = endpoint && state.policy().environment(endpoint.environmentId)
  const staleness = { stalenessMs: state.stalenessMs(), provenStalenessMs: state.provenStalenessMs() }
  const refusal = refuseUnknownState(staleness, environment?.enforcement.maxStalenessMs)
  if (refusal) throw unavailable(refusal.toUpperCase(), 'the state is not known at the moment')
  if (!endpoint || !environment?.issuer) throw unavailable('NO_ISSUER', 'the environment issues no tokens')
  return { endpoint, environment, issuer: environment.issuer, nowMs: Date.now() }
}
