import { Environment } from '@gatehouse/contracts/policy/v1/environment'
import { Issuer, SigningAlgorithm, TokenForm, TokenSettings } from '@gatehouse/contracts/policy/v1/token_settings'
import { compilePolicy } from '@gatehouse/policy-engine'
import type { State } from '../src/check/state.ts'
import { deciding } from './deciding.ts'
import { policy } from './deciding-facts.ts'

export const issuer = 'http://a'

/** Environments that are authorization servers; host `plain` is one that is not. */
export function issuingPolicy(upstream: string, url = issuer) {
  const { environments, apis, plans } = policy(upstream)
  const scopes = [{ name: 'orders:read', description: 'Read your orders' }]
  const { TOKEN_FORM_JWT: form } = TokenForm
  const tokens: TokenSettings = { ...TokenSettings.create(), scopes, form, authorizationDetailTypes: ['payment'] }
  const rs256 = {
    ...tokens,
    algorithm: SigningAlgorithm.SIGNING_ALGORITHM_RS256,
    resource: 'https://shop.example/v1/basket',
  }
  return {
    environments: [
      ...environments.map((environment) => ({ ...environment, issuer: { ...Issuer.create(), url, localUsers: true } })),
      { ...Environment.create(), environmentId: 'plain', hosts: ['plain'], version: 1n },
    ],
    apis: [
      ...apis.map((api) => (api.apiId === 'orders' ? { ...api, tokens } : api)),
      ...apis.filter(({ apiId }) => apiId === 'orders').map((api) => ({ ...api, apiId: 'basket', tokens: rs256 })),
    ],
    plans,
  }
}

/** A gateway before a token service that is the test's. */
export async function authorizing(
  calls: Parameters<typeof deciding>[1] = {},
  url = issuer,
  state: Partial<State> = {},
) {
  const gateway = await deciding({}, calls)
  Object.assign(gateway.parts.state, state)
  gateway.state.table = compilePolicy(issuingPolicy(`http://127.0.0.1:${gateway.upstream.port}`, url))
  const at = (path: string) => `http://127.0.0.1:${gateway.port}${path}`
  return {
    ...gateway,
    ask: (path: string, init: RequestInit = {}) => fetch(at(path), { redirect: 'manual', ...init }),
    post: (
      path: string,
      form: string | URLSearchParams | Record<string, string>,
      headers: Record<string, string> = {},
    ) =>
      fetch(at(path), {
        method: 'POST',
        redirect: 'manual',
        body: typeof form === 'string' ? form : new URLSearchParams(form),
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      }),
  }
}

export type Authorizing = Awaited<ReturnType<typeof authorizing>>
