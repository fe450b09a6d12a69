import { hash, randomBytes } from 'node:crypto'
import type { DemoFile } from './demo-file.ts'
import { demoRedirectUri } from './seed-client.ts'

/**
 * What a newcomer reads after the start: addresses, and lines that work as they stand.
 * @param since before the first of these lines is run, and after every decision that the start itself caused
 */
export function announcement(demo: DemoFile, dataDir: string, since: Date): string {
  const url = `${demo.gateway}${demo.path}`
  return `
Gatehouse is ready.

  gateway   ${demo.gateway}
  console   ${demo.console}/v1   (OpenAPI: ${demo.console}/v1/openapi.json)
  issuer    ${demo.issuer}   (metadata: ${demo.issuer}/.well-known/openid-configuration)
  data      ${dataDir}

Try it with an API key:

  curl -i -H 'X-API-Key: ${demo.apiKey}' ${url}
  curl -i ${url}
  curl -i -X POST -H 'Authorization: Bearer ${demo.operatorToken}' ${demo.console}/v1/api-keys/${demo.apiKeyId}/revoke
  curl -i -H 'X-API-Key: ${demo.apiKey}' ${url}
${oauth(demo, url)}
and see how each was decided:

  npx gatehouse decisions list --since ${since.toISOString()}

Ctrl-C stops; the next start finds everything again.
`
}

function oauth({ issuer, api, clientId, clientSecret, username, password }: DemoFile, url: string): string {
  const token = `${issuer}/${api}/oauth2/v2/token`
  const client = `-u '${clientId}:${clientSecret}'`
  const verifier = randomBytes(32).toString('base64url')
  const query = new URLSearchParams({
    ...{ response_type: 'code', client_id: clientId, redirect_uri: demoRedirectUri },
    ...{ scope: 'openid orders:read', state: randomBytes(8).toString('base64url') },
    ...{ code_challenge: hash('sha256', verifier, 'base64url'), code_challenge_method: 'S256' },
  })
  return `
with an OAuth token of the client's own:

  TOKEN=$(curl -s ${client} -d grant_type=client_credentials ${token} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
  curl -i -H "Authorization: Bearer $TOKEN" ${url}
  curl -s ${client} -d token=$TOKEN ${issuer}/oauth2/v2/introspect
  curl -i ${client} -d token=$TOKEN ${issuer}/oauth2/v2/revoke
  curl -i -H "Authorization: Bearer $TOKEN" ${url}

with a token for a user: sign in as ${username} with ${password} and take the code from the address you are sent to

  ${issuer}/${api}/oauth2/v2/authorize?${query}
  curl -s ${client} -d grant_type=authorization_code -d redirect_uri=${demoRedirectUri} -d code_verifier=${verifier} -d code=CODE ${token}
`
}
