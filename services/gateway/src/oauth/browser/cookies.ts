import { randomBytes } from 'node:crypto'
import type { Browser, NewSession } from '@gatehouse/contracts/token/v1/authorization_service'

/**
 * What a browser carries between steps. `__Host-` (RFC 6265bis section 4.1.3.2) keeps other hosts of the domain from
 * planting theirs; browsers take it with https alone.
 */
export interface CookieNames {
  readonly session: string
  readonly binding: string
}

export function cookieNames(secure: boolean): CookieNames {
  const prefix = secure ? '__Host-' : ''
  return { session: `${prefix}gh_session`, binding: `${prefix}gh_browser` }
}

/** 256 random bits. */
const binding = /^[A-Za-z0-9_-]{43}$/

/** Reads the cookies; a browser without a binding gets a new one, which must be set. */
export function readBrowser(header: string, names: CookieNames): { browser: Browser; newBinding: boolean } {
  const given = cookieOf(header, names.binding)
  const newBinding = !binding.test(given)
  const browser: Browser = {
    sessionToken: cookieOf(header, names.session),
    binding: newBinding ? randomBytes(32).toString('base64url') : given,
  }
  return { browser, newBinding }
}

function cookieOf(header: string, name: string): string {
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim()
  }
  return ''
}

/** `Lax`: sent when an identity provider or an app sends the browser here, and not with a foreign page's POST. */
function attributes(secure: boolean): string {
  return `Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`
}

export function bindingCookie({ binding: value }: Browser, secure: boolean): string {
  return `${cookieNames(secure).binding}=${value}; ${attributes(secure)}`
}

/** An empty token takes the cookie away. */
export function sessionCookie({ sessionToken, maxAgeSeconds }: NewSession, secure: boolean): string {
  const age = sessionToken === '' ? 0 : Number(maxAgeSeconds)
  return `${cookieNames(secure).session}=${sessionToken}; ${attributes(secure)}; Max-Age=${age}`
}
