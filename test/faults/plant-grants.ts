import { randomBytes } from 'node:crypto'
import { page, sentTo } from '../conformance/browser.ts'
import { basic, post } from '../conformance/endpoint.ts'
import type { Demo } from '../e2e/system.ts'
import { approvedDevice, deviceGrant, signedIn } from './device.ts'
import { askToken, authorizationCode, authorizationRequest } from './token-family.ts'

/** What the demo's user leaves with clients and browsers that use it as they should: some of it spent, some still good. */
export async function grantsOf(demo: Demo): Promise<Readonly<Record<string, string>>> {
  const spent = await authorizationCode(demo)
  const first = await redeemed(demo, { grant_type: 'authorization_code', ...spent })
  const second = await redeemed(demo, { grant_type: 'refresh_token', refresh_token: first.refreshToken })
  const device = await approvedDevice(demo)
  const deviceTokens = await redeemed(demo, { grant_type: deviceGrant, device_code: device })
  const browser = await signedIn(demo)
  const [spentUri, goodUri] = [await pushed(demo), await pushed(demo)]
  const query = new URLSearchParams({ client_id: demo.client_id, request_uri: spentUri })
  const answer = await browser.open(`${demo.issuer}/oauth2/v2/authorize?${query}`)
  // What was agreed to once is not asked again.
  const back = answer instanceof URL ? answer : sentTo(await browser.submit(page(answer), { decision: 'approve' }))
  const cookies = [...browser.cookies].map(([name, value]) => [`the cookie ${name}`, value] as const)
  return {
    ...Object.fromEntries(cookies),
    'the redeemed code': spent.code,
    'the code that nobody redeemed': back.searchParams.get('code') ?? '',
    'the rotated refresh token': first.refreshToken,
    'the refresh token': second.refreshToken,
    'the refresh token of the device': deviceTokens.refreshToken,
    "the user's access token": second.accessToken,
    'the device code': device,
    'the request URI that was used': spentUri,
    'the request URI': goodUri,
  }
}

async function redeemed(demo: Demo, form: Record<string, string>) {
  const attempt = await askToken(demo, demo.gateway, form)
  if (attempt.kind !== 'tokens') throw new Error(`${form['grant_type']}: ${JSON.stringify(attempt)}`)
  return attempt
}

/** RFC 9126: the URI of a request that the demo's client pushed. */
async function pushed(demo: Demo): Promise<string> {
  const form = authorizationRequest(demo, randomBytes(32).toString('base64url'))
  const headers = basic(demo.client_id, demo.client_secret)
  const { status, body } = await post(`${demo.issuer}/oauth2/v2/par`, { form, headers })
  if (status !== 201) throw new Error(`a request was not taken: ${JSON.stringify(body)}`)
  return String(body['request_uri'])
}
