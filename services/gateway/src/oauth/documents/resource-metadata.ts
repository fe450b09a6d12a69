import { audienceOf } from '@gatehouse/policy-engine'
import { signatureAlgorithms } from '@gatehouse/token-verifier'
import type { OAuthRequest } from '../request.ts'
import { documentEndpoint } from './document.ts'
import { type MetadataOptions, tokensOf } from './server-metadata.ts'

/** RFC 9728: what a client must know to get tokens for one API. */
export function resourceMetadataEndpoint({ state, maxAgeSeconds, clientCertificates }: MetadataOptions) {
  return documentEndpoint({
    ...{ name: 'resource_metadata', maxAgeSeconds },
    stamp: ({ environment }) => `${environment.version}/${state.positions().policy}`,
    write(request) {
      const api = apiOf(request)
      if (!api) return undefined
      const { tokens } = api
      return {
        resource: api.resource,
        authorization_servers: [request.issuer.url],
        scopes_supported: [...tokens.scopes.keys()],
        bearer_methods_supported: ['header'],
        authorization_details_types_supported: tokens.authorizationDetailTypes,
        dpop_signing_alg_values_supported: signatureAlgorithms,
        tls_client_certificate_bound_access_tokens: clientCertificates,
      }
    },
  })
}

/** By the API's name, or by the path of its resource (section 3.1). */
function apiOf({ environment, issuer, below }: OAuthRequest) {
  const apis = tokensOf(environment).map((api) => ({ ...api, resource: audienceOf(issuer, api, api.tokens) }))
  return apis.find(({ apiId }) => apiId === below) ?? apis.find(({ resource }) => pathOf(resource) === `/${below}`)
}

function pathOf(resource: string): string | undefined {
  return URL.canParse(resource) ? new URL(resource).pathname : undefined
}
