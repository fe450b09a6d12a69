import { waitFor } from '@gatehouse/testkit'
import * as oauth from 'openid-client'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type System, startSystem } from '../conformance/system.ts'
import { type ClientSite, startClientSite } from './client-site.ts'
import { type CorpProvider, startCorpProvider } from './corp-provider.ts'
import { heading, launch, openTab, press } from './tabs.ts'

let system: System
let browser: Browser
let site: ClientSite
let corp: CorpProvider
let config: oauth.Configuration

beforeAll(async () => {
  system = await startSystem()
  browser = await launch()
  site = await startClientSite()
  corp = await startCorpProvider(`${system.demo.issuer}/oauth2/v2/federation/callback`)
  const asked = { method: 'none', grantTypes: ['authorization_code'], redirectUris: [site.callback] } as const
  const { clientId } = await system.register(asked)
  const options = { execute: [oauth.allowInsecureRequests] }
  config = await oauth.discovery(new URL(system.demo.issuer), clientId, undefined, oauth.None(), options)
  await trust(corp)
})
afterAll(async () => {
  await browser?.close()
  await corp?.close()
  await site?.close()
  await system?.close()
})

/** The environment signs users in by the provider too. */
async function trust({ settings }: CorpProvider): Promise<void> {
  const { environment } = await system.policy.getEnvironment({ environmentId: 'alpha' })
  if (!environment?.issuer) throw new Error('the demo has no issuer')
  const issuer = { ...environment.issuer, identityProviders: [settings] }
  const request = { requestId: crypto.randomUUID(), expectedVersion: undefined }
  await system.policy.putEnvironment({ ...request, environment: { ...environment, issuer } })
  const { url } = await ask()
  const offered = async () => (await (await fetch(url)).text()).includes('The Corp')
  await waitFor(offered, { what: 'the provider is offered' })
}

async function ask() {
  const [pkceCodeVerifier, expectedState] = [oauth.randomPKCECodeVerifier(), oauth.randomState()]
  const { href: url } = oauth.buildAuthorizationUrl(config, {
    ...{ redirect_uri: site.callback, scope: 'openid profile', state: expectedState, code_challenge_method: 'S256' },
    code_challenge: await oauth.calculatePKCECodeChallenge(pkceCodeVerifier),
  })
  return { url, checks: { pkceCodeVerifier, expectedState } }
}

async function answerTo(expectedState: string): Promise<URL> {
  const { parameters } = await site.arrival(expectedState)
  return new URL(`?${new URLSearchParams(parameters)}`, site.callback)
}

test.each([true, false])('users of the provider get in, with script %s', async (javaScriptEnabled) => {
  const tab = await openTab(browser, { javaScriptEnabled })
  const { url, checks } = await ask()
  await tab.goto(url)
  await press(tab, 'Sign in with The Corp')
  expect(new URL(tab.url()).hostname).toBe('localhost')
  await press(tab, 'I am Bob')
  await tab.waitForURL(({ href }) => href.startsWith(system.demo.issuer) || href.startsWith(site.callback))
  // Bob is the same user both times, and is asked once.
  if (!tab.url().startsWith(site.callback)) await press(tab, 'Allow')
  const tokens = await oauth.authorizationCodeGrant(config, await answerTo(checks.expectedState), checks)
  const info = await oauth.fetchUserInfo(config, tokens.access_token, tokens.claims()?.sub ?? '')
  expect(info).toMatchObject({ name: 'Bob' })
})

test('who turns back at the provider is not signed in', async () => {
  const tab = await openTab(browser)
  const { url } = await ask()
  await tab.goto(url)
  await press(tab, 'Sign in with The Corp')
  await press(tab, 'Cancel')
  await tab.waitForURL(`${system.demo.issuer}/**`)
  expect(await tab.getByRole('alert').count()).toBe(1)
  expect((await tab.context().cookies()).map(({ name }) => name)).not.toContain('gh_session')
})

test('the way back from the provider signs in no other browser than the one that was sent there', async () => {
  const tab = await openTab(browser)
  const { url } = await ask()
  await tab.goto(url)
  await press(tab, 'Sign in with The Corp')
  // As if somebody had been given the address of the provider's page.
  await tab.context().clearCookies({ name: 'gh_browser' })
  await press(tab, 'I am Bob')
  await tab.waitForURL(`${system.demo.issuer}/**`)
  expect(await heading(tab)).toBe('This does not lead on')
  expect((await tab.context().cookies()).map(({ name }) => name)).not.toContain('gh_session')
})
