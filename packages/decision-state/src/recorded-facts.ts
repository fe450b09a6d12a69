import type { Positions } from '@gatehouse/contracts/positions'
import type { CredentialViews, Match, Principal } from '@gatehouse/policy-engine'

/** What a decision was taken on, whoever took it. */
export interface DecidedOn {
  readonly match: Match
  readonly principal: Principal | undefined
  readonly views: CredentialViews
  readonly positions: Positions
  readonly stalenessMs: number
}

/** The part of a decision record that says on which facts, and on which versions of them, the decision stands. */
export function recordedFacts({ match, principal, views, positions, stalenessMs }: DecidedOn) {
  const matched = match.kind === 'matched' ? match : undefined
  const { apiKey, client, subscription } = views
  const { environment } = match
  const plan = subscription && environment?.plans.get(subscription.planId)
  return {
    environmentId: environment?.environmentId,
    apiId: match.kind === 'matched' ? match.api.apiId : match.apiId,
    operationId: matched?.operation.operationId,
    credentialId: principal?.credentialId,
    clientId: principal?.clientId,
    subscriptionId: principal?.subscriptionId,
    planId: subscription?.planId,
    authMethod: principal ? 'api_key' : 'none',
    scopes: principal?.scopes,
    credentialPosition: positions.credential,
    policyPosition: positions.policy,
    stalenessMs: Number.isFinite(stalenessMs) ? Math.round(stalenessMs) : undefined,
    apiKeyVersion: apiKey?.version,
    clientVersion: client?.version,
    subscriptionVersion: subscription?.version,
    environmentVersion: environment?.version,
    apiVersion: matched?.api.version,
    planVersion: plan?.version,
  }
}
