import { isUtf8 } from 'node:buffer'
import type { Parameter } from '@gatehouse/contracts/token/v1/token_service'

export type FormFault = 'form_malformed' | 'form_parameters_too_many'

/** No request of OAuth has near as many. */
const parametersMax = 100

/** The media type of a form (RFC 6749 appendix B): UTF-8, so that no other charset may be named. */
const formType = /^application\/x-www-form-urlencoded *(?:; *charset="?utf-8"?)?$/i

export function isForm(contentType: string): boolean {
  return formType.test(contentType)
}

/** The parameters of a form's body, in order, the same name as often as it came. */
export function parseForm(body: Uint8Array): readonly Parameter[] | FormFault {
  if (!isUtf8(body)) return 'form_malformed'
  return parseParameters(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'))
}

/**
 * The parameters of a query (without its `?`). Strict where browsers guess: an escape that is none, and bytes that are
 * not UTF-8, are refused, since the next reader might guess otherwise.
 */
export function parseParameters(text: string): readonly Parameter[] | FormFault {
  if (text === '') return []
  const pairs = text.split('&', parametersMax + 1)
  if (pairs.length > parametersMax) return 'form_parameters_too_many'
  try {
    return pairs.filter((pair) => pair !== '').map(parameter)
  } catch {
    return 'form_malformed'
  }
}

function parameter(pair: string): Parameter {
  const equals = pair.indexOf('=')
  if (equals < 0) return { name: decoded(pair), value: '' }
  return { name: decoded(pair.slice(0, equals)), value: decoded(pair.slice(equals + 1)) }
}

/** @throws URIError */
function decoded(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  return spaced.includes('%') ? decodeURIComponent(spaced) : spaced
}
