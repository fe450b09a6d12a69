import type { Parameter } from '@gatehouse/contracts/token/v1/token_service'
import type { BodyFault } from '../http1/exchange.ts'
import type { RefusalReason } from './answer.ts'
import { isForm, parseForm } from './form.ts'
import { type OAuthRequest, queryOf } from './request.ts'

/** No request of OAuth comes near: the longest carry a JWT or two. */
const bodyBytesMax = 64 << 10
const bodyTimeoutMs = 10_000

/** The form of a POST, or why it is refused. */
export async function readForm(request: OAuthRequest): Promise<readonly Parameter[] | RefusalReason | 'client_gone'> {
  // RFC 6749 section 3.2: a secret in the query ends up in logs.
  if (queryOf(request) !== '') return 'parameter_in_query'
  if (!isForm(mediaTypeOf(request))) return 'form_malformed'
  const body = await readBody(request)
  return typeof body === 'string' ? body : parseForm(body)
}

/** The bytes of what says that it is JSON, or why it is refused. */
export async function readJson(request: OAuthRequest): Promise<Uint8Array | RefusalReason | 'client_gone'> {
  if (queryOf(request) !== '') return 'parameter_in_query'
  if (!/^application\/json *(?:;|$)/i.test(mediaTypeOf(request))) return 'request_malformed'
  return readBody(request)
}

function mediaTypeOf({ inquiry: { exchange } }: OAuthRequest): string {
  const type = exchange.header('content-type')
  return typeof type === 'string' ? type : ''
}

async function readBody({ inquiry }: OAuthRequest): Promise<Uint8Array | RefusalReason | 'client_gone'> {
  const body = await inquiry.exchange.readBody(bodyBytesMax, bodyTimeoutMs)
  return typeof body === 'string' ? reasons[body] : body
}

const reasons = {
  body_too_large: 'request_body_too_large',
  body_timeout: 'request_timeout',
  body_malformed: 'request_malformed',
  client_gone: 'client_gone',
} as const satisfies Record<BodyFault, RefusalReason | 'client_gone'>
