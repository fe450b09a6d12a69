import type { Endpoint } from '@gatehouse/contracts/token/v1/token_service'
import type { CompiledEnvironment, CompiledIssuer } from '@gatehouse/policy-engine'
import type { Inquiry } from '../check/inquiry.ts'
import { repeated } from '../http1/exchange.ts'

/** One request to an endpoint of an environment's authorization server. */
export interface OAuthRequest {
  readonly inquiry: Inquiry
  readonly environment: CompiledEnvironment
  readonly issuer: CompiledIssuer
  /** Where the path names an API; else empty. */
  readonly apiId: string
  /** The path after the endpoint's own, without its slash: `<client_id>` in `/oauth2/v2/register/<client_id>`. */
  readonly below: string
}

/** How the request came, for the token service; undefined where a header that must be one came twice. */
export function endpointOf(request: OAuthRequest, dpopThumbprint = ''): Endpoint | undefined {
  const { exchange, requestId } = request.inquiry
  const authorization = exchange.header('authorization')
  if (authorization === repeated) return undefined
  const certificate = exchange.clientCertificate
  const position = exchange.header('x-gatehouse-position')
  return {
    environmentId: request.environment.environmentId,
    apiId: request.apiId,
    requestId,
    clientIp: exchange.clientAddress,
    authorization: authorization ?? '',
    clientCertificate: certificate?.raw ?? noBytes,
    clientCertificateAuthorized: certificate?.authorized ?? false,
    dpopThumbprint,
    position: typeof position === 'string' ? position : '',
  }
}

const noBytes = new Uint8Array(0)

/** The query without its `?`; empty when there is none. */
export function queryOf({ inquiry: { exchange } }: OAuthRequest): string {
  const question = exchange.target.indexOf('?')
  return question < 0 ? '' : exchange.target.slice(question + 1)
}
