import { IntrospectionFormat } from '@gatehouse/contracts/token/v1/token_service'
import { repeated } from '../../http1/exchange.ts'
import { json, refused } from '../answer.ts'
import { formEndpoint } from '../endpoint.ts'
import type { OAuthRequest } from '../request.ts'
import type { TokenCalls } from '../token-calls.ts'

/** RFC 9701. */
const signedType = 'application/token-introspection+jwt'

/** RFC 7662; signed where the caller accepts it. */
export const introspectionEndpoint = ({ introspect }: TokenCalls) =>
  formEndpoint({ name: 'introspect', crossOrigin: false }, async (endpoint, parameters, request) => {
    const signed = acceptsSigned(request)
    const { INTROSPECTION_FORMAT_JWT, INTROSPECTION_FORMAT_JSON } = IntrospectionFormat
    const format = signed ? INTROSPECTION_FORMAT_JWT : INTROSPECTION_FORMAT_JSON
    const { result, facts } = await introspect({ endpoint, parameters, format })
    if (result?.$case === 'refusal') return refused(result.value, facts)
    if (result?.$case !== 'body') throw new Error('the token service answered nothing')
    return json(result.value, facts ?? { reason: 'ok' }, signed ? { 'Content-Type': signedType } : {})
  })

function acceptsSigned({ inquiry: { exchange } }: OAuthRequest): boolean {
  const accept = exchange.header('accept')
  if (accept === undefined || accept === repeated) return false
  return accept.split(',').some((range) => range.split(';', 1)[0]?.trim().toLowerCase() === signedType)
}
