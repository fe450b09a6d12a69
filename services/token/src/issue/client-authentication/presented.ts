import { Refused } from '../../refused.ts'
import type { ClientRequest } from '../token-request.ts'
import { Proven } from './proven.ts'

/** What a request shows of its client. */
export type Presented =
  | { readonly kind: 'basic' | 'post'; readonly clientId: string; readonly secret: string }
  | { readonly kind: 'assertion'; readonly clientId: string; readonly assertion: string }
  /** Only its id: a public client, or one whose certificate speaks for it. */
  | { readonly kind: 'none'; readonly clientId: string }

export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** @throws Refused `client_authentication_missing`, `client_authentication_ambiguous` */
export function presented({ endpoint, parameters }: ClientRequest): Presented {
  const clientId = parameters.get('client_id')
  const secret = parameters.get('client_secret')
  const assertion = parameters.get('client_assertion')
  const type = parameters.get('client_assertion_type')
  const methods =
    Number(endpoint.authorization !== '') + Number(secret !== undefined) + Number((assertion ?? type) !== undefined)
  if (methods > 1) throw new Refused('client_authentication_ambiguous')
  if (endpoint.authorization) {
    const basic = provenBasic.get(endpoint.authorization) ?? readBasic(endpoint.authorization)
    if (clientId !== undefined && clientId !== basic.clientId) throw new Refused('client_authentication_ambiguous')
    return basic
  }
  if (assertion !== undefined || type !== undefined) {
    if (assertion === undefined || type !== assertionType) throw new Refused('client_assertion_invalid')
    return { kind: 'assertion', clientId: clientId ?? subjectOf(assertion), assertion }
  }
  if (clientId === undefined) throw new Refused('client_authentication_missing')
  return secret === undefined ? { kind: 'none', clientId } : { kind: 'post', clientId, secret }
}

const provenBasic = new Proven<Presented>()

/** To be called once the client that it presents is proven. */
export function rememberPresented({ endpoint }: ClientRequest, shown: Presented): void {
  if (shown.kind === 'basic') provenBasic.keep(endpoint.authorization, shown)
}

const basicForm = /^basic +([A-Za-z0-9+/]+={0,2})$/i

/** RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined by a colon. */
function readBasic(authorization: string): Presented {
  const encoded = basicForm.exec(authorization)?.[1]
  if (!encoded) throw new Refused('client_authentication_missing')
  const bytes = Buffer.from(encoded, 'base64')
  // One spelling only.
  if (bytes.toString('base64').replaceAll('=', '') !== encoded.replaceAll('=', ''))
    throw new Refused('client_secret_malformed')
  const text = bytes.toString('utf8')
  const colon = text.indexOf(':')
  if (colon <= 0 || text.indexOf(':', colon + 1) >= 0) throw new Refused('client_secret_malformed')
  return { kind: 'basic', clientId: decodeForm(text.slice(0, colon)), secret: decodeForm(text.slice(colon + 1)) }
}

function decodeForm(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw new Refused('client_secret_malformed')
  }
}

/** `sub` of an assertion that is not verified yet: only says whose keys it has to be verified with. */
function subjectOf(assertion: string): string {
  const payload = assertion.split('.')[1] ?? ''
  try {
    const { sub } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { sub?: unknown }
    if (typeof sub === 'string' && sub !== '') return sub
  } catch {
    // Not even JSON.
  }
  throw new Refused('client_assertion_invalid')
}
