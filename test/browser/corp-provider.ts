import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { IdentityProvider } from '@gatehouse/contracts/policy/v1/token_settings'
import Provider from 'oidc-provider'

export interface CorpProvider {
  /** As an environment trusts it. */
  readonly settings: IdentityProvider
  close(): Promise<void>
}

const form =
  '<form method="post"><button name="go" value="in">I am Bob</button><button name="go" value="out">Cancel</button></form>'

/**
 * A real OpenID provider at another origin. Its users press a button on a page of its own, and that page lies on another
 * host than its issuer, as with many of them.
 * @param callback of the environment
 */
export async function startCorpProvider(callback: string): Promise<CorpProvider> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const issuer = `http://127.0.0.1:${port}`
  const provider = makeProvider(issuer, callback)
  const answer = provider.callback()
  server.on('request', async (request, response) => {
    const path = request.url ?? ''
    if (path.startsWith('/interaction/') && request.headers.host?.startsWith('localhost')) {
      if (request.method === 'GET') return response.setHeader('Content-Type', 'text/html').end(form)
      const body = await readAll(request)
      return response.writeHead(303, { Location: `${issuer}${path}?${body}` }).end()
    }
    if (!path.startsWith('/interaction/')) return answer(request, response)
    return interaction(provider, request, response, port)
  })
  return {
    settings: {
      ...{ providerId: 'corp', displayName: 'The Corp', issuer, clientId: 'gatehouse', scopes: ['openid', 'profile'] },
      ...{ clientSecretRef: '', createUsers: true },
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function interaction(provider: Provider, request: IncomingMessage, response: ServerResponse, port: number) {
  const url = new URL(request.url ?? '', 'http://provider')
  const pressed = url.searchParams.get('go')
  const { prompt, params } = await provider.interactionDetails(request, response)
  if (pressed === 'out') return provider.interactionFinished(request, response, { error: 'access_denied' })
  if (prompt.name !== 'login') {
    const grant = new provider.Grant({ accountId: 'bob', clientId: String(params['client_id']) })
    grant.addOIDCScope(String(params['scope']))
    return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } })
  }
  if (pressed === 'in') return provider.interactionFinished(request, response, { login: { accountId: 'bob' } })
  return response.writeHead(303, { Location: `http://localhost:${port}${url.pathname}` }).end()
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks = await request.toArray()
  return Buffer.concat(chunks as Buffer[]).toString()
}

function makeProvider(issuer: string, callback: string): Provider {
  return new Provider(issuer, {
    clients: [
      {
        ...{ client_id: 'gatehouse', token_endpoint_auth_method: 'none', redirect_uris: [callback] },
        // A web application on loopback, which only tests have.
        application_type: 'native',
      },
    ],
    claims: { openid: ['sub'], profile: ['name'] },
    features: { devInteractions: { enabled: false } },
    findAccount: (_: unknown, accountId: string) => ({
      accountId,
      claims: async () => ({ sub: accountId, name: 'Bob' }),
    }),
  })
}
