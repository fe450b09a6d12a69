import type { CutoffView } from '@gatehouse/contracts/read_model/v1/views'
import { audienceOf } from '../compile/token-settings.ts'
import { proceed, type RevocableFacts, type Step, type TokenFacts } from './step.ts'

/** A token for one API opens no other (RFC 9068 section 4). */
export const checkTokenAudience: Step<TokenFacts> = ({ match: { environment, api }, token }) => {
  if (!environment.issuer || !api.tokens) return 'security_unsupported'
  return token.audience === audienceOf(environment.issuer, api, api.tokens) ? proceed : 'token_audience_wrong'
}

/** An API whose tokens must be bound to a key takes none that whoever finds it can use. */
export const checkTokenBinding: Step<TokenFacts> = ({ match: { api }, token }) =>
  api.tokens?.senderConstrained && !token.confirmation ? 'proof_missing' : proceed

/** The deny lists, at every use: the token itself or one it was exchanged from, its grant, its user. */
export const checkTokenRevocation: Step<RevocableFacts> = ({ revocations }) => {
  if (!revocations) return 'token_state_unknown'
  if (revocations.token) return 'token_revoked'
  if (revocations.grant) return 'grant_revoked'
  return revocations.user ? 'user_suspended' : proceed
}

/** Everything that was issued to the client, for the user or in the environment up to a time. */
export const checkTokenCutoffs: Step<RevocableFacts> = ({ token, revocations, client }) => {
  if (!revocations) return 'token_state_unknown'
  const issuedMs = token.issuedAt * 1000
  const { clientCutoff, userCutoff, environmentCutoff } = revocations
  if (isCutOff(clientCutoff, issuedMs) || isCutOff(userCutoff, issuedMs) || isCutOff(environmentCutoff, issuedMs)) {
    return 'token_cut_off'
  }
  // A secret of the client was revoked: who held it may hold what was issued by then.
  return client?.revokedBefore && issuedMs <= client.revokedBefore.getTime() ? 'token_cut_off' : proceed
}

/** A cut-off whose time cannot be read cuts off everything. */
function isCutOff(cutoff: CutoffView | undefined, issuedMs: number): boolean {
  return cutoff !== undefined && !(issuedMs > (cutoff.before?.getTime() ?? Number.POSITIVE_INFINITY))
}
