import * as oauth from 'openid-client'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type System, startSystem } from '../conformance/system.ts'
import { type ClientSite, startClientSite } from './client-site.ts'
import { heading, launch, openTab, phone, press, signIn } from './tabs.ts'

let system: System
let browser: Browser
let site: ClientSite
let config: oauth.Configuration
let user: { username: string; password: string }
let users = 0

const device = 'urn:ietf:params:oauth:grant-type:device_code'

beforeAll(async () => {
  system = await startSystem()
  browser = await launch()
  site = await startClientSite()
  const grantTypes = ['authorization_code', 'refresh_token', device]
  const more = { postLogoutRedirectUris: [`${site.origin}/callback`] }
  const { clientId } = await system.register({ method: 'none', grantTypes, redirectUris: [site.callback], more })
  const options = { execute: [oauth.allowInsecureRequests] }
  config = await oauth.discovery(new URL(system.demo.issuer), clientId, undefined, oauth.None(), options)
})
afterAll(async () => {
  await browser?.close()
  await site?.close()
  await system?.close()
})

/** Consents are remembered and tries counted by user: each test has its own. */
beforeEach(async () => {
  user = { username: `user-${++users}`, password: 'correct horse battery staple' }
  const { username, password } = user
  const requestId = crypto.randomUUID()
  await system.admin.createUser({ requestId, environmentId: 'alpha', username, password, claims: undefined })
})

interface Asked {
  readonly url: string
  readonly checks: oauth.AuthorizationCodeGrantChecks & { readonly expectedState: string }
}

/** An authorization request of the client. */
async function ask(more: Record<string, string> = {}): Promise<Asked> {
  const pkceCodeVerifier = oauth.randomPKCECodeVerifier()
  const expectedState = oauth.randomState()
  const parameters = {
    ...{ redirect_uri: site.callback, scope: 'openid offline_access orders:read', state: expectedState },
    ...{ resource: system.demo.resource, code_challenge_method: 'S256' },
    code_challenge: await oauth.calculatePKCECodeChallenge(pkceCodeVerifier),
    ...more,
  }
  const { href: url } = oauth.buildAuthorizationUrl(config, parameters)
  return { url, checks: { pkceCodeVerifier, expectedState } }
}

/** The answer that the browser brought, as the client reads it. */
async function answerTo({ checks }: Asked): Promise<URL> {
  const { parameters } = await site.arrival(checks.expectedState)
  return new URL(`?${new URLSearchParams(parameters)}`, site.callback)
}

async function tokensOf(asked: Asked) {
  return oauth.authorizationCodeGrant(config, await answerTo(asked), asked.checks)
}

/** A browser whose user has just signed in, for a request of the client. */
async function signedIn() {
  const tab = await openTab(browser)
  const asked = await ask()
  await tab.goto(asked.url)
  await signIn(tab, user)
  return { tab, asked }
}

async function cookie(tab: Page, name: string): Promise<string | undefined> {
  return (await tab.context().cookies()).find((one) => one.name === name)?.value
}

describe('sign-in and consent', () => {
  test.each([
    ['on a phone', phone],
    ['on a desktop, without script', { javaScriptEnabled: false }],
  ])('%s lead to a code, and the code to tokens', async (_, options) => {
    const tab = await openTab(browser, options)
    const asked = await ask()
    await tab.goto(asked.url)
    expect(await heading(tab)).toBe('Sign in')
    await signIn(tab, user)
    expect(await heading(tab)).toMatch(/^Allow A client with none\?$/)
    expect(await tab.getByRole('listitem').allTextContents()).toEqual([
      expect.stringContaining('openid'),
      expect.stringContaining('offline_access'),
      expect.stringContaining('orders:read'),
    ])
    await press(tab, 'Allow')
    const tokens = await tokensOf(asked)
    const info = await oauth.fetchUserInfo(config, tokens.access_token, tokens.claims()?.sub ?? '')
    expect(info.sub).toBe(tokens.claims()?.sub)
    expect(tokens.scope).toBe('openid offline_access orders:read')
    expect(site.arrivals.at(-1)?.referer).toBeUndefined()
  })

  test('are asked once: the next request of the client goes through', async () => {
    const tab = await openTab(browser)
    const first = await ask()
    await tab.goto(first.url)
    await signIn(tab, user)
    await press(tab, 'Allow')
    await tokensOf(first)
    const second = await ask()
    await tab.goto(second.url)
    expect(tab.url()).toContain(site.callback)
    await tokensOf(second)
    const more = await ask({ scope: 'openid offline_access orders:read orders:write' })
    await tab.goto(more.url)
    expect(await heading(tab)).toMatch(/^Allow/)
  })

  test('end with access_denied where the user does not allow it', async () => {
    const { tab, asked } = await signedIn()
    await press(tab, 'Do not allow')
    const denied = await answerTo(asked)
    expect(Object.fromEntries(denied.searchParams)).toMatchObject({
      error: 'access_denied',
      state: asked.checks.expectedState,
      iss: system.demo.issuer,
    })
    expect(denied.searchParams.has('code')).toBe(false)
  })

  test('answer by form_post', async () => {
    const tab = await openTab(browser)
    const asked = await ask({ response_mode: 'form_post' })
    await tab.goto(asked.url)
    await signIn(tab, user)
    await press(tab, 'Allow')
    await tab.waitForURL(site.callback)
    expect(site.arrivals.at(-1)).toMatchObject({ method: 'POST', referer: `${system.demo.issuer}/` })
    await tokensOf(asked)
  })
})

describe('a wrong password', () => {
  test('is told alike for who exists and who does not, and signs nobody in', async () => {
    const told: string[] = []
    for (const username of [user.username, 'nobody-here']) {
      const tab = await openTab(browser)
      await tab.goto((await ask()).url)
      await signIn(tab, { username, password: 'wrong' })
      const alert = await tab.getByRole('alert').textContent()
      told.push(
        `${alert} ${await tab.title()} ${await tab.getByLabel('User name').inputValue()}`.replace(username, '…'),
      )
      expect(await tab.getByLabel('Password').inputValue()).toBe('')
      expect(await tab.evaluate('document.activeElement.id')).toBe('password')
      expect(await cookie(tab, 'gh_session')).toBeUndefined()
    }
    expect(told[0]).toContain('not right')
    expect(told[0]).toBe(told[1])
  })

  test('can be put right on the same page', async () => {
    const tab = await openTab(browser)
    const asked = await ask()
    await tab.goto(asked.url)
    await signIn(tab, { ...user, password: 'wrong' })
    await signIn(tab, user)
    await press(tab, 'Allow')
    await tokensOf(asked)
  })

  test('typed too often is told to wait', async () => {
    const tab = await openTab(browser)
    await tab.goto((await ask()).url)
    await expect
      .poll(
        async () => {
          await signIn(tab, { ...user, password: 'wrong' })
          return tab.getByRole('alert').textContent()
        },
        { timeout: 30_000, interval: 0 },
      )
      .toContain('Please wait')
    expect(await cookie(tab, 'gh_session')).toBeUndefined()
  })
})

describe('forged requests', () => {
  /** Somebody's own sign-in or consent page: what an attacker has in hand. */
  async function interactionOf(tab: Page): Promise<string> {
    return tab.locator('input[name=interaction]').first().inputValue()
  }

  /** A page of another site that sends a form to the issuer as soon as it is opened. */
  function forge(path: string, fields: Record<string, string>): string {
    const inputs = Object.entries(fields).map(
      ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
    )
    const action = `${system.demo.issuer}/oauth2/v2/${path}`
    const form = `<form method="post" action="${action}">${inputs.join('')}</form>`
    site.serve('/forged', `${form}<script>document.forms[0].submit()</script>`)
    return `${site.origin.replace('127.0.0.1', 'localhost')}/forged`
  }

  test('sign no browser in that was not shown the page', async () => {
    const attacker = await openTab(browser)
    await attacker.goto((await ask()).url)
    const interaction = await interactionOf(attacker)
    const victim = await openTab(browser)
    await victim.goto((await ask()).url)
    await victim.goto(forge('sign-in', { interaction, ...user }))
    await victim.waitForURL(/sign-in$/)
    expect(await heading(victim)).toBe('This does not lead on')
    expect(await cookie(victim, 'gh_session')).toBeUndefined()
  })

  test('give no consent in the name of a signed-in user', async () => {
    const attacker = await openTab(browser)
    const asked = await ask()
    await attacker.goto(asked.url)
    await signIn(attacker, user)
    const interaction = await interactionOf(attacker)
    const victim = await openTab(browser)
    await victim.goto((await ask()).url)
    await signIn(victim, { username: system.demo.username, password: system.demo.password })
    const arrivals = site.arrivals.length
    await victim.goto(forge('consent', { interaction, decision: 'approve' }))
    await victim.waitForURL(/consent$/)
    expect(await heading(victim)).toBe('This does not lead on')
    // Sent by the issuer's own page, so that all cookies go with it.
    await victim.goto((await ask()).url)
    await victim.evaluate(`document.querySelector('input[name=interaction]').value = '${interaction}'`)
    await press(victim, 'Allow')
    expect(await heading(victim)).toBe('This does not lead on')
    expect(site.arrivals).toHaveLength(arrivals)
  })

  test('sign nobody out', async () => {
    const { tab, asked } = await signedIn()
    await press(tab, 'Allow')
    await tokensOf(asked)
    const session = await cookie(tab, 'gh_session')
    await tab.goto(forge('sign-out', { interaction: 'x' }))
    await tab.waitForURL(/sign-out$/)
    expect(await heading(tab)).not.toBe('You are signed out')
    expect(await cookie(tab, 'gh_session')).toBe(session)
  })

  test('see no page in a frame', async () => {
    const tab = await openTab(browser)
    const { url } = await ask()
    const response = await tab.goto(url)
    expect(response?.headers()).toMatchObject({
      'x-frame-options': 'DENY',
      'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
    })
    site.serve('/framing', `<iframe src="${url.replaceAll('&', '&amp;')}"></iframe>`)
    await tab.goto(`${site.origin}/framing`)
    await expect.poll(() => tab.frames()[1]?.url()).toMatch(/^chrome-error:/)
  })
})

describe('an impatient user', () => {
  test('who presses twice gets in all the same', async () => {
    const { tab, asked } = await signedIn()
    await tab.getByRole('button', { name: 'Allow', exact: true }).dblclick()
    await tab.waitForURL(`${site.callback}**`)
    const tokens = await oauth.authorizationCodeGrant(config, new URL(tab.url()), asked.checks)
    expect(tokens.access_token).not.toBe('')
  })

  test('who signs in twice gets in all the same', async () => {
    const tab = await openTab(browser)
    await tab.goto((await ask()).url)
    await tab.getByLabel('User name').fill(user.username)
    await tab.getByLabel('Password').fill(user.password)
    await tab.getByRole('button', { name: 'Sign in', exact: true }).dblclick()
    await expect.poll(() => heading(tab)).toMatch(/^Allow/)
  })
})

describe('a user who goes back and forth', () => {
  test('loads the page of consent anew without sending the password again', async () => {
    const { tab, asked } = await signedIn()
    expect(await heading(tab)).toMatch(/^Allow/)
    const methods: string[] = []
    tab.on('request', (request) => methods.push(request.method()))
    await tab.reload()
    expect(await heading(tab)).toMatch(/^Allow/)
    expect(new Set(methods)).toEqual(new Set(['GET']))
    await press(tab, 'Allow')
    await tokensOf(asked)
  })

  test('goes back from the client, and may answer again', async () => {
    const { tab, asked } = await signedIn()
    await press(tab, 'Allow')
    await tokensOf(asked)
    await tab.goBack()
    expect(await heading(tab)).toMatch(/^Allow/)
    await press(tab, 'Allow')
    await expect
      .poll(() => site.arrivals.filter(({ parameters }) => parameters['state'] === asked.checks.expectedState))
      .toHaveLength(2)
    await tokensOf(asked)
  })

  test('goes back to the sign-in after it, and is let through', async () => {
    const { tab, asked } = await signedIn()
    expect(await heading(tab)).toMatch(/^Allow/)
    await tab.goBack()
    expect(await heading(tab)).toMatch(/^(Allow|Sign in)/)
    await tab.goto(asked.url)
    expect(await heading(tab)).toMatch(/^Allow/)
  })
})

test('a page of another browser is not shown', async () => {
  const { tab } = await signedIn()
  expect(tab.url()).toContain('/oauth2/v2/continue?interaction=')
  const other = await openTab(browser)
  await other.goto((await ask()).url)
  await other.goto(tab.url())
  expect(await heading(other)).toBe('This does not lead on')
})

test('a session ends on its page, and the next request asks for a password again', async () => {
  const { tab, asked } = await signedIn()
  await press(tab, 'Allow')
  const tokens = await tokensOf(asked)
  await tab.goto(`${system.demo.issuer}/oauth2/v2/sign-out`)
  expect(await heading(tab)).toBe('Sign out?')
  await press(tab, 'Sign out')
  expect(await heading(tab)).toBe('You are signed out')
  expect(await cookie(tab, 'gh_session')).toBeUndefined()
  await tab.goto((await ask()).url)
  expect(await heading(tab)).toBe('Sign in')
  expect(tokens.refresh_token).toBeDefined()
})

test('a client is withdrawn on the page of consents, and its refresh token with it', async () => {
  const { tab, asked } = await signedIn()
  await press(tab, 'Allow')
  const { refresh_token = '' } = await tokensOf(asked)
  await tab.goto(`${system.demo.issuer}/oauth2/v2/consents`)
  expect(await heading(tab)).toBe('Your apps')
  await tab.getByRole('button', { name: 'Withdraw what A client with none may do' }).click()
  await expect.poll(() => tab.getByRole('main').textContent()).toContain('You have not allowed any app.')
  await expect(oauth.refreshTokenGrant(config, refresh_token)).rejects.toMatchObject({ error: 'invalid_grant' })
})

describe('a device', () => {
  test.each([
    ['Allow', 'Your device is in'],
    ['Do not allow', 'Your device stays out'],
  ])('%s: %s', async (button, words) => {
    const parameters = { scope: 'orders:read', resource: system.demo.resource }
    const started = await oauth.initiateDeviceAuthorization(config, parameters)
    const stop = new AbortController()
    onTestFinished(() => stop.abort())
    const polling = oauth.pollDeviceAuthorizationGrant(config, started, undefined, { signal: stop.signal })
    const outcome = polling.then(
      ({ scope }) => scope,
      ({ error }) => error,
    )
    const tab = await openTab(browser, phone)
    await tab.goto(started.verification_uri)
    await tab.getByLabel('Code').fill(started.user_code.toLowerCase().replace('-', ' '))
    await press(tab, 'Continue')
    await signIn(tab, user)
    expect(await tab.getByRole('main').textContent()).toContain('only if you have the device in front of you')
    await press(tab, button)
    expect(await heading(tab)).toBe(words)
    expect(await outcome).toBe(button === 'Allow' ? 'orders:read' : 'access_denied')
  })

  test('whose code is wrong is not found', async () => {
    const tab = await openTab(browser)
    await tab.goto(`${system.demo.issuer}/oauth2/v2/device`)
    await tab.getByLabel('Code').fill('BBBB-BBBB')
    await press(tab, 'Continue')
    await signIn(tab, user)
    expect(await tab.getByRole('alert').textContent()).toContain('That code does not work')
  })
})
