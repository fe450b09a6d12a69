import type { AccessToken } from '@gatehouse/token-verifier'
import type { DenyReason } from '../reasons.ts'
import { checkClient } from './check-client.ts'
import { checkSubscription } from './check-subscription.ts'
import { checkTokenCutoffs, checkTokenRevocation } from './check-token.ts'
import type { CredentialViews } from './facts.ts'
import { proceed, type RevocableFacts, runSteps, type Step } from './step.ts'

const checks: readonly Step<RevocableFacts>[] = [checkTokenRevocation, checkTokenCutoffs, checkClient]

/**
 * Whether an access token that is right by itself is in force: neither it nor what it comes from is revoked, and its
 * client and subscription are active. Which request it opens is another question.
 */
export function decideToken(
  environmentId: string,
  token: AccessToken,
  { client, subscription, revocations }: CredentialViews,
  nowMs: number,
): 'ok' | DenyReason {
  const { clientId, subscriptionId } = token
  const steps = subscriptionId === undefined ? checks : [...checks, checkSubscription]
  const holder = { environmentId, clientId, subscriptionId }
  const verdict = runSteps(steps, { holder, token, client, subscription, revocations, nowMs })
  return verdict === proceed ? 'ok' : verdict
}
