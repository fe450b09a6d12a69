import type { Endpoint, Parameter } from '@gatehouse/contracts/token/v1/token_service'
import type { ProofChecker } from '../check/authenticate/dpop.ts'
import type { OwnResponse } from '../http1/exchange.ts'
import { type OAuthAnswer, type RefusalReason, refuse } from './answer.ts'
import { proofThumbprint } from './proof.ts'
import { readForm } from './read-body.ts'
import { endpointOf, type OAuthRequest } from './request.ts'

/** One place of the authorization server. */
export interface OAuthEndpoint {
  /** Recorded as operation `oauth2.<name>`. */
  readonly name: string
  readonly methods: readonly string[]
  /** Whether scripts of other origins may ask. */
  readonly crossOrigin: boolean
  /** Undefined when the client has left. Rejects when it cannot be answered. */
  answer(request: OAuthRequest): OAuthAnswer | undefined | Promise<OAuthAnswer | undefined>
  /** For an endpoint that browsers show; default: JSON. */
  refuse?(request: OAuthRequest, reason: RefusalReason, headers?: OwnResponse['headers']): OAuthAnswer
}

/** By what the router calls them. */
export type EndpointTable = ReadonlyMap<string, OAuthEndpoint>

export interface FormEndpoint extends Pick<OAuthEndpoint, 'name' | 'crossOrigin'> {
  /** Where a DPoP proof means something. */
  readonly proofs?: ProofChecker
}

/** A form that a program posts: it has secrets in it, so that nothing of it may stand in the query. */
export function formEndpoint(
  { name, crossOrigin, proofs }: FormEndpoint,
  ask: (endpoint: Endpoint, parameters: readonly Parameter[], request: OAuthRequest) => Promise<OAuthAnswer>,
): OAuthEndpoint {
  return {
    ...{ name, crossOrigin, methods: ['POST'] },
    async answer(request) {
      const form = await readForm(request)
      if (form === 'client_gone') return undefined
      if (typeof form === 'string') return refuse(form)
      const thumbprint = proofs ? await proofThumbprint(proofs, request) : ''
      if (typeof thumbprint !== 'string') return thumbprint
      const endpoint = endpointOf(request, thumbprint)
      return endpoint ? ask(endpoint, form, request) : refuse('request_malformed')
    },
  }
}
