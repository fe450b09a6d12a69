import type { Parameter } from '@gatehouse/contracts/token/v1/token_service'
import type { OAuthEndpoint } from '../endpoint.ts'
import type { TokenCalls } from '../token-calls.ts'
import { type ActionOf, browserStep } from './step.ts'

const startAuthorization: ActionOf = (parameters) => ({ $case: 'startAuthorization', value: { parameters } })

const signIn: ActionOf = (parameters) => {
  const value = { ...interactionOf(parameters), username: one(parameters, 'username') }
  return { $case: 'signIn', value: { ...value, password: one(parameters, 'password') } }
}

const startFederatedSignIn: ActionOf = (parameters) => {
  const value = { ...interactionOf(parameters), providerId: one(parameters, 'provider_id') }
  return { $case: 'startFederatedSignIn', value }
}

const finishFederatedSignIn: ActionOf = (parameters) => ({ $case: 'finishFederatedSignIn', value: { parameters } })

const decideConsent: ActionOf = (parameters) => {
  const value = { ...interactionOf(parameters), approved: one(parameters, 'decision') === 'approve' }
  return { $case: 'decideConsent', value }
}

const enterUserCode: ActionOf = (parameters) => {
  return { $case: 'enterUserCode', value: { userCode: one(parameters, 'user_code') } }
}

const showInteraction: ActionOf = (parameters) => ({ $case: 'showInteraction', value: interactionOf(parameters) })

const signOut: ActionOf = (parameters) => {
  const asked = parameters.filter(({ name }) => name !== 'interaction')
  return { $case: 'signOut', value: { parameters: asked, ...interactionOf(parameters) } }
}

const listConsents: ActionOf = () => ({ $case: 'listConsents', value: {} })

const withdrawConsent: ActionOf = (parameters) => {
  const value = { ...interactionOf(parameters), clientId: one(parameters, 'client_id') }
  return { $case: 'withdrawConsent', value }
}

function interactionOf(parameters: readonly Parameter[]) {
  return { interaction: one(parameters, 'interaction') }
}

/** The one value of a parameter of our own forms; empty when there is none, or more than one. */
function one(parameters: readonly Parameter[], name: string): string {
  const values = parameters.filter((parameter) => parameter.name === name)
  return values.length === 1 ? (values[0]?.value ?? '') : ''
}

/** Every place that browsers come to, by its path below `/oauth2/v2/`. */
export function browserSteps(calls: TokenCalls): readonly (readonly [string, OAuthEndpoint])[] {
  return [
    ['authorize', browserStep('authorize', { GET: startAuthorization, POST: startAuthorization }, calls)],
    ['sign-in', browserStep('sign_in', { POST: signIn }, calls)],
    ['continue', browserStep('continue', { GET: showInteraction }, calls)],
    ['consent', browserStep('consent', { POST: decideConsent }, calls)],
    ['federation', browserStep('federation', { POST: startFederatedSignIn }, calls)],
    ['federation/callback', browserStep('federation_callback', { GET: finishFederatedSignIn }, calls)],
    ['device', browserStep('device', { GET: enterUserCode, POST: enterUserCode }, calls)],
    ['sign-out', browserStep('sign_out', { GET: signOut, POST: signOut }, calls)],
    ['consents', browserStep('consents', { GET: listConsents, POST: withdrawConsent }, calls)],
  ]
}
