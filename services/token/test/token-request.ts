import { Endpoint, type IssuedTokens, type IssueTokenResponse } from '@gatehouse/contracts/token/v1/token_service'
import { type Callable, parametersOf, verifier } from './browser.ts'
import { type GivenClient, redirectUri } from './other-services.ts'

type Values = Readonly<Record<string, string | undefined>>

/** A token request of a client, with whatever else its endpoint saw. */
export function tokenRequest(
  { calls }: Callable,
  { clientId, authorization }: GivenClient,
  values: Values,
  endpoint: Partial<Endpoint> = {},
): Promise<IssueTokenResponse> {
  const identified = authorization ? values : { client_id: clientId, ...values }
  return calls.issueToken({
    endpoint: { ...Endpoint.create(), environmentId: 'alpha', authorization, ...endpoint },
    parameters: parametersOf(identified),
  })
}

/** Redeems a code with the verifier of the tests; `values` change or leave out parameters. */
export const redeem = (service: Callable, client: GivenClient, code = '', values: Values = {}, endpoint = {}) =>
  tokenRequest(
    ...[service, client],
    { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier, ...values },
    endpoint,
  )

export const refresh = (service: Callable, client: GivenClient, token: string, values: Values = {}, endpoint = {}) =>
  tokenRequest(service, client, { grant_type: 'refresh_token', refresh_token: token, ...values }, endpoint)

/** The tokens, which must have been issued. */
export function issued({ result, facts }: IssueTokenResponse): IssuedTokens {
  if (result?.$case !== 'issued') throw new Error(`refused: ${facts?.reason}`)
  return result.value
}

/** `<error>: <reason>` of a refusal, or `issued`. */
export function outcome({ result, facts }: IssueTokenResponse): string {
  return result?.$case === 'refusal' ? `${result.value.error}: ${facts?.reason}` : 'issued'
}

/** How often each. */
export function tally(outcomes: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    Map.groupBy(outcomes, (one) => one)
      .entries()
      .map(([one, all]) => [one, all.length]),
  )
}
