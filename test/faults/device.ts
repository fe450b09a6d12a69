import { Browser, page } from '../conformance/browser.ts'
import { basic, post } from '../conformance/endpoint.ts'
import type { Demo } from '../e2e/system.ts'

export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'

/** A device that the demo's user has let in; answers its device code. */
export async function approvedDevice({ issuer, username, password, client_id, client_secret, resource }: Demo) {
  const form = { scope: 'offline_access orders:read', resource }
  const headers = basic(client_id, client_secret)
  const { body } = await post(`${issuer}/oauth2/v2/device_authorization`, { form, headers })
  const browser = new Browser(issuer)
  const shown = page(await browser.open(`${issuer}/oauth2/v2/device`))
  const signIn = page(await browser.submit(shown, { user_code: String(body['user_code']) }))
  const consent = page(await browser.submit(signIn, { username, password }))
  const done = page(await browser.submit(consent, { decision: 'approve' }))
  if (!done.html.includes('Your device is in')) throw new Error(`the device was not let in: ${done.html}`)
  return String(body['device_code'])
}

/** A browser in which the demo's user is signed in. */
export async function signedIn({ issuer, username, password }: Demo): Promise<Browser> {
  const browser = new Browser(issuer)
  const shown = page(await browser.open(`${issuer}/oauth2/v2/consents`))
  await browser.submit(shown, { username, password })
  if (!(await isSignedIn(browser, issuer))) throw new Error('the user did not get in')
  return browser
}

/** Whether the browser, with the cookies it has, is shown what its user agreed to. */
export async function isSignedIn(browser: Browser, issuer: string): Promise<boolean> {
  const shown = page(await browser.open(`${issuer}/oauth2/v2/consents`))
  if (shown.status >= 500) throw new Error(`${shown.status}: not known`)
  return !shown.html.includes('name="password"')
}
