import { type ClientRedirect, ResponseMode } from '@gatehouse/contracts/token/v1/authorization_service'
import { type OAuthReason, oauthRefusalOf } from '@gatehouse/policy-engine'
import { Refused } from '../refused.ts'

/** Where and how the client gets the answer to its authorization request; made only when client and place are proven. */
export interface ReturnAddress {
  readonly redirectUri: string
  readonly responseMode: 'query' | 'form_post'
  /** Echoed unchanged; empty: none was sent. */
  readonly state: string
  /** RFC 9207: which server answers, against mix-up. */
  readonly issuer: string
}

/** Refused in a way that the client is told of: its browser goes back to it with the error. */
export class RefusedToClient extends Refused {
  readonly address: ReturnAddress

  constructor(reason: OAuthReason, address: ReturnAddress) {
    super(reason)
    this.address = address
  }
}

const responseModes = {
  query: ResponseMode.RESPONSE_MODE_QUERY,
  form_post: ResponseMode.RESPONSE_MODE_FORM_POST,
} as const

/** The answer with a code. */
export function codeRedirect(address: ReturnAddress, code: string): ClientRedirect {
  return redirect(address, [['code', code]])
}

/** The answer with an error (RFC 6749 section 4.1.2.1). */
export function errorRedirect(address: ReturnAddress, reason: OAuthReason): ClientRedirect {
  const { error, description } = oauthRefusalOf(reason)
  return redirect(address, [
    ['error', error],
    ['error_description', description],
  ])
}

function redirect(address: ReturnAddress, answer: readonly (readonly [string, string])[]): ClientRedirect {
  const { redirectUri, responseMode, state, issuer } = address
  const all = [...answer, ...(state === '' ? [] : [['state', state] as const]), ['iss', issuer] as const]
  const parameters = all.map(([name, value]) => ({ name, value }))
  return { redirectUri, parameters, responseMode: responseModes[responseMode] }
}

/** For users and for the page's security policy: `https://app.example`, or `com.example.app:` of a native application. */
export function originOf(redirectUri: string): string {
  const { origin, protocol } = new URL(redirectUri)
  return origin === 'null' ? protocol : origin
}
