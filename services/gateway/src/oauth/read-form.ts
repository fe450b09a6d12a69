import type { Parameter } from '@gatehouse/contracts/token/v1/token_service'
import type { BodyFault } from '../http1/exchange.ts'
import type { RefusalReason } from './answer.ts'
import { isForm, parseForm } from './form.ts'
import { type OAuthRequest, queryOf } from './request.ts'

/** No request of OAuth comes near: the longest carry a JWT or two. */
const formBytesMax = 64 << 10
const formTimeoutMs = 10_000

/** The form of a POST, or why it is refused. */
export async function readForm(request: OAuthRequest): Promise<readonly Parameter[] | RefusalReason | 'client_gone'> {
  const { exchange } = request.inquiry
  // RFC 6749 section 3.2: a secret in the query ends up in logs.
  if (queryOf(request) !== '') return 'parameter_in_query'
  const type = exchange.header('content-type')
  if (typeof type !== 'string' || !isForm(type)) return 'form_malformed'
  const body = await exchange.readBody(formBytesMax, formTimeoutMs)
  return typeof body === 'string' ? reasonOf(body) : parseForm(body)
}

function reasonOf(fault: BodyFault): RefusalReason | 'client_gone' {
  switch (fault) {
    case 'body_too_large':
      return 'request_body_too_large'
    case 'body_timeout':
      return 'request_timeout'
    case 'body_malformed':
      return 'request_malformed'
    case 'client_gone':
      return 'client_gone'
  }
}
