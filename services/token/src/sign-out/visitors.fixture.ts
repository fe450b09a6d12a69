import type { ClientRegistration } from '@gatehouse/contracts/credential/v1/client_registration'
import { Endpoint } from '@gatehouse/contracts/token/v1/token_service'
import pg from 'pg'
import { Browser, newUser, parametersOf, requestOf, verifier } from '../../test/browser.ts'
import { type GivenClient, redirectUri } from '../../test/other-services.ts'
import type { GivenServer } from '../../test/running-server.ts'

/** Where a client wants its users to go when they are signed out. */
export const bye = 'https://app.example/bye?x=1'

/** Users who sign in at clients, and out again. */
export function visitorsAt(given: GivenServer) {
  const ask = ({ authorization }: GivenClient, values: Record<string, string | undefined>) =>
    given.service.calls.issueToken({
      endpoint: Endpoint.fromPartial({ environmentId: 'alpha', authorization }),
      parameters: parametersOf(values),
    })

  /** Signs in at a client, and gets its tokens. */
  async function visit(client: GivenClient, browser: Browser, username: string, scope = 'openid orders.read') {
    const { code } = await browser.authorize(requestOf(client.clientId, { scope }), username)
    const redemption = { code, redirect_uri: redirectUri, code_verifier: verifier }
    const { result } = await ask(client, { grant_type: 'authorization_code', ...redemption })
    if (result?.$case !== 'issued') throw new Error(`refused: ${result?.value.error}`)
    return { tokens: result.value }
  }

  return {
    visit,
    clientWith: (registration: Partial<ClientRegistration> = {}) =>
      given.client('confidential', { postLogoutRedirectUris: [bye], consentImplied: true, ...registration }),
    /** A new user in a new browser. */
    async signedIn(client: GivenClient) {
      const user = await newUser(await given.operators())
      const browser = new Browser(() => given.service)
      return { browser, ...(await visit(client, browser, user.username)), ...user }
    },
    async refresh(client: GivenClient, refreshToken: string) {
      const { result } = await ask(client, { grant_type: 'refresh_token', refresh_token: refreshToken })
      return result?.$case === 'issued' ? 'issued' : result?.value.error
    },
    async query(text: string, values: readonly unknown[] = []) {
      const client = new pg.Client({ connectionString: given.postgresUrl })
      await client.connect()
      const { rows } = await client.query(text, [...values])
      await client.end()
      return rows
    },
  }
}

export const signOut = (browser: Browser, values: Record<string, string | undefined>, interaction = '') =>
  browser.step({ $case: 'signOut', value: { parameters: parametersOf(values), interaction } })

export const isSignedIn = async (browser: Browser) =>
  (await browser.step({ $case: 'listConsents', value: {} })).$case === 'consents'
