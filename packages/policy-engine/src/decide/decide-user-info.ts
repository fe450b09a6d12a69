import type { AccessToken } from '@gatehouse/token-verifier'
import type { CompiledEnvironment } from '../compile/policy-table.ts'
import { audienceOf } from '../compile/token-settings.ts'
import type { DenyReason } from '../reasons.ts'
import { decideToken } from './decide-token.ts'
import type { CredentialViews } from './facts.ts'
import { proceed } from './step.ts'

export interface UserInfoFacts {
  readonly environment: CompiledEnvironment
  /** Verified, and its sender holds the key that it is bound to. */
  readonly token: AccessToken
  /** The client showed the JWT itself, not an opaque text that leads to it. */
  readonly shownAsJwt: boolean
}

/**
 * Whether an access token opens the userinfo endpoint (OpenID Connect core section 5.3): one for the issuer itself, or one
 * for an API that a user signed in for. Revocations count here as at the APIs.
 */
export function decideUserInfo(facts: UserInfoFacts, views: CredentialViews, nowMs: number): 'ok' | DenyReason {
  const { environment, token } = facts
  const audience = checkAudience(facts)
  if (audience !== proceed) return audience
  return decideToken(environment.environmentId, token, views, nowMs)
}

function checkAudience({ environment, token, shownAsJwt }: UserInfoFacts): typeof proceed | DenyReason {
  const { issuer, apis } = environment
  if (!issuer) return 'security_unsupported'
  if (token.userId === undefined) return 'scope_missing'
  if (token.audience === issuer.url) return shownAsJwt ? proceed : 'token_form_wrong'
  for (const api of apis.values()) {
    if (api.kind !== 'usable' || !api.tokens || audienceOf(issuer, api, api.tokens) !== token.audience) continue
    // What an upstream is shown in the place of an opaque token opens nothing outside.
    return shownAsJwt === (api.tokens.form === 'jwt') ? proceed : 'token_form_wrong'
  }
  return 'token_audience_wrong'
}
