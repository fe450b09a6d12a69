import type { DemoFile } from './demo-file.ts'

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
  data      ${dataDir}

Try it:

  curl -i -H 'X-API-Key: ${demo.apiKey}' ${url}
  curl -i ${url}
  curl -i -X POST -H 'Authorization: Bearer ${demo.operatorToken}' ${demo.console}/v1/api-keys/${demo.apiKeyId}/revoke
  curl -i -H 'X-API-Key: ${demo.apiKey}' ${url}

and see how each was decided:

  npx gatehouse decisions list --since ${since.toISOString()}

Ctrl-C stops; the next start finds everything again.
`
}
