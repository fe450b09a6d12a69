import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { IdentityProvider } from '@gatehouse/contracts/policy/v1/token_settings'
import Provider from 'oidc-provider'
import { issuerUrl } from '../sign-in.fixture.ts'

/** Who signs in at the provider next, and how. */
export interface Person {
  readonly subject: string
  readonly claims?: Readonly<Record<string, unknown>>
  /** `cancel`: the user goes back without signing in. */
  readonly does?: 'sign in' | 'cancel'
}

const callbackPath = '/oauth2/v2/federation/callback'

/** A real OpenID provider on loopback, with one client that is us; `intercept` may answer in its place. */
export async function startProvider({ clientSecret = '', issuers = [issuerUrl] } = {}) {
  let person: Person = { subject: 'nobody' }
  let intercept: RequestListener | undefined
  const asked: string[] = []
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider = makeProvider(issuer, { clientSecret, issuers, person: () => person })
  const answer = provider.callback()
  server.on('request', async (request, response) => {
    asked.push(request.url?.split('?')[0] ?? '')
    if (intercept) return intercept(request, response)
    if (!request.url?.startsWith('/interaction/')) return answer(request, response)
    const { prompt, params } = await provider.interactionDetails(request, response)
    const { subject: accountId, does } = person
    if (does === 'cancel') return provider.interactionFinished(request, response, { error: 'access_denied' })
    if (prompt.name === 'login') return provider.interactionFinished(request, response, { login: { accountId } })
    const grant = new provider.Grant({ accountId, clientId: String(params['client_id']) })
    grant.addOIDCScope(String(params['scope']))
    return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } })
  })
  return {
    issuer,
    /** Paths that were asked for. */
    asked,
    set person(next: Person) {
      person = next
    },
    set intercept(listener: RequestListener | undefined) {
      intercept = listener
    },
    settings: (more: Partial<IdentityProvider> = {}): IdentityProvider => ({
      ...{ providerId: 'corp', displayName: 'The Corp', issuer, clientId: 'gatehouse', scopes: ['profile', 'email'] },
      ...{ clientSecretRef: clientSecret && 'corp-secret', createUsers: true, ...more },
    }),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

interface Given {
  readonly clientSecret: string
  /** Ours. */
  readonly issuers: readonly string[]
  readonly person: () => Person
}

function makeProvider(issuer: string, { clientSecret, issuers, person }: Given): Provider {
  const authentication = clientSecret ? 'client_secret_basic' : 'none'
  return new Provider(issuer, {
    clients: [
      {
        client_id: 'gatehouse',
        ...(clientSecret && { client_secret: clientSecret }),
        token_endpoint_auth_method: authentication,
        redirect_uris: issuers.map((issuer) => issuer + callbackPath),
        // A web application on loopback, which only tests have.
        application_type: 'native',
      },
    ],
    claims: { openid: ['sub'], profile: ['name', 'given_name', 'locale'], email: ['email', 'email_verified'] },
    features: { devInteractions: { enabled: false } },
    findAccount: (_: unknown, accountId: string) => ({
      accountId,
      claims: async () => ({ sub: accountId, ...person().claims }),
    }),
  })
}

/** Follows the browser through the provider until it is sent back to us; answers the parameters it brings. */
export async function throughProvider(url: string) {
  const cookies = new Map<string, string>()
  let at = url
  for (let step = 0; step < 10; step++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(at, { redirect: 'manual', headers: { cookie } })
    await response.body?.cancel()
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    const location = response.headers.get('location')
    if (!location) throw new Error(`the provider answered ${response.status} at ${at}`)
    const next = new URL(location, at)
    if (next.pathname === callbackPath) return [...next.searchParams].map(([name, value]) => ({ name, value }))
    at = next.href
  }
  throw new Error('the provider sends the browser around')
}
