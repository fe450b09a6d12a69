import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Browser, page, sentTo } from '../conformance/browser.ts'
import { basic, post } from '../conformance/endpoint.ts'
import type { Demo } from '../e2e/system.ts'

const redirectUri = 'http://127.0.0.1:8765/callback'

/** What came of one request: an answer, or none that was understood. */
export type Attempt =
  | { readonly kind: 'tokens'; readonly accessToken: string; readonly refreshToken: string }
  | { readonly kind: 'refused'; readonly error: string }
  /** No answer, or one that says to try again: whether it happened is not known. */
  | { readonly kind: 'unknown' }

/** What the demo's client asks the authorization endpoint, and pushes to it. */
export function authorizationRequest({ client_id, resource }: Demo, verifier: string) {
  return {
    ...{ client_id, resource, redirect_uri: redirectUri, response_type: 'code', scope: 'offline_access orders:read' },
    ...{ code_challenge_method: 'S256', code_challenge: createHash('sha256').update(verifier).digest('base64url') },
  }
}

/** An authorization code of the demo's user, with what its redemption needs. */
export async function authorizationCode(demo: Demo) {
  const { issuer, username, password } = demo
  const verifier = randomBytes(32).toString('base64url')
  const browser = new Browser(issuer)
  const request = new URLSearchParams(authorizationRequest(demo, verifier))
  const consent = await browser.submit(page(await browser.open(`${issuer}/oauth2/v2/authorize?${request}`)), {
    ...{ username, password },
  })
  // What was agreed to once is not asked again.
  const answer = consent instanceof URL ? consent : sentTo(await browser.submit(page(consent), { decision: 'approve' }))
  return { code: answer.searchParams.get('code') ?? '', code_verifier: verifier, redirect_uri: redirectUri }
}

function noAnswer(): never {
  throw new Error('no answer')
}

/** One request to the token endpoint of a gateway. */
export async function askToken(demo: Demo, gateway: string, form: Record<string, string>): Promise<Attempt> {
  try {
    const headers = basic(demo.client_id, demo.client_secret)
    const answer = post(`${gateway}/oauth2/v2/token`, { form, headers })
    const { status, body } = await Promise.race([answer, sleep(20_000, undefined, { ref: false }).then(noAnswer)])
    if (status === 200) {
      const { access_token, refresh_token = '' } = body
      return { kind: 'tokens', accessToken: String(access_token), refreshToken: String(refresh_token) }
    }
    return status < 500 ? { kind: 'refused', error: String(body['error']) } : { kind: 'unknown' }
  } catch {
    return { kind: 'unknown' }
  }
}
