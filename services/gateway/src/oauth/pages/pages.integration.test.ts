import { ResponseMode } from '@gatehouse/contracts/token/v1/authorization_service'
import { chromiumArguments, findChromium } from '@gatehouse/testkit'
import axe from 'axe-core'
import { type Browser, type BrowserContextOptions, chromium, type Page as Tab } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, test } from 'vitest'
import { formPostPage } from './form-post.ts'
import type { PageContext } from './layout.ts'
import { renderPage, type Shown } from './render.ts'
import { type Answer, type PageServer, startPageServer } from './testing/page-server.ts'
import { samples } from './testing/samples.ts'

const context: PageContext = { prefix: '/oauth2/v2', environment: 'alpha', secure: false }
const desktop = { width: 1280, height: 800 }
const phone = { width: 360, height: 740 }
const hostile = `"><img src=x onerror="document.title='owned'"><script>document.title='owned'</script>'&amp;\u202e`

/** The default gives up on the contrast of whatever lies on the wall, which pseudo elements paint. */
const contrast = {
  ...{ ignorePseudo: true, ignoreUnicode: true, ignoreLength: false, shadowOutlineEmMax: 0.2 },
  ...{ boldValue: 700, boldTextPt: 14, largeTextPt: 18 },
  contrastRatio: { normal: { expected: 4.5 }, large: { expected: 3 } },
}
const audit = `
axe.configure({ checks: [{ id: 'color-contrast', options: ${JSON.stringify(contrast)} }] })
axe.run({
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  resultTypes: ['violations', 'incomplete'],
})`

let browser: Browser
let server: PageServer
/** What POSTs lead to. */
let answers: Record<string, Answer>

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: await findChromium(), args: [...chromiumArguments] })
  server = await startPageServer((path) => {
    const shown = samples[path.slice(1)]
    return shown ? renderPage(shown, context) : answers[path]
  })
})
afterAll(async () => {
  await browser?.close()
  await server?.close()
})
beforeEach(() => {
  answers = {}
})
afterEach(() => {
  server.submissions.length = 0
  server.assets.length = 0
})

/** A tab of a browser of its own; what its console complained of. */
async function open(options: BrowserContextOptions = {}): Promise<{ tab: Tab; complaints: string[] }> {
  const own = await browser.newContext({ viewport: desktop, ...options })
  onTestFinished(() => own.close())
  const tab = await own.newPage()
  tab.setDefaultTimeout(5000)
  const complaints: string[] = []
  // A status of 400 is a complaint of its own, and meant.
  tab.on('console', (message) => message.text().includes('Failed to load') || complaints.push(message.text()))
  tab.on('pageerror', (error) => complaints.push(error.message))
  return { tab, complaints }
}

const show = (tab: Tab, name: string) => tab.goto(`${server.origin}/${name}`)

const seen: [string, BrowserContextOptions][] = [
  ['a desktop by day', { viewport: desktop, colorScheme: 'light' }],
  ['a desktop by night', { viewport: desktop, colorScheme: 'dark' }],
  ['a phone by day', { viewport: phone, colorScheme: 'light', isMobile: true, hasTouch: true }],
  ['a phone by night', { viewport: phone, colorScheme: 'dark', isMobile: true, hasTouch: true }],
]
const others: [string, BrowserContextOptions][] = [
  ['the smallest phone', { viewport: { width: 320, height: 480 }, isMobile: true }],
  ['a phone on its side', { viewport: { width: 740, height: 360 }, isMobile: true }],
  ['a browser that wants contrast', { viewport: desktop, contrast: 'more' }],
  ['a browser with colours of its own', { viewport: desktop, forcedColors: 'active' }],
]

const measures = `({
  overflow: document.documentElement.scrollWidth - innerWidth,
  display: getComputedStyle(document.body).display,
  targets: [...document.querySelectorAll('button, input:not([type=hidden])')].map((each) => each.getBoundingClientRect().height),
})`

interface Measures {
  readonly overflow: number
  readonly display: string
  readonly targets: readonly number[]
}

async function expectFits(tab: Tab): Promise<void> {
  const { overflow, display, targets } = await tab.evaluate<Measures>(measures)
  expect(overflow).toBeLessThanOrEqual(0)
  expect(display).toBe('flex')
  expect(Math.min(...targets, 44), 'big enough for a thumb').toBe(44)
}

async function expectAccessible(tab: Tab): Promise<void> {
  await tab.evaluate(axe.source)
  const { violations, incomplete } = await tab.evaluate<axe.AxeResults>(audit)
  expect([...violations, ...incomplete].map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
}

test.each(seen)('every page fits, breaks no policy of its own and is accessible on %s', async (_, options) => {
  const { tab, complaints } = await open(options)
  for (const name of Object.keys(samples)) {
    await show(tab, name)
    await expectFits(tab)
    await expectAccessible(tab)
  }
  expect(complaints).toEqual([])
})

test.each(others)('every page fits and breaks no policy of its own on %s', async (_, options) => {
  const { tab, complaints } = await open(options)
  for (const name of Object.keys(samples)) {
    await show(tab, name)
    await expectFits(tab)
  }
  expect(complaints).toEqual([])
})

describe('the look', () => {
  const body = 'getComputedStyle(document.body)'

  it('has a night', async () => {
    const day = await open({ colorScheme: 'light' })
    const night = await open({ colorScheme: 'dark' })
    await show(day.tab, 'sign-in')
    await show(night.tab, 'sign-in')
    expect(await day.tab.evaluate(`${body}.color`)).not.toBe(await night.tab.evaluate(`${body}.color`))
  })

  it('stands still where the user wants that', async () => {
    const transition = "getComputedStyle(document.querySelector('button')).transitionDuration"
    const still = await open({ reducedMotion: 'reduce' })
    await show(still.tab, 'sign-in')
    expect(await still.tab.evaluate(transition)).toBe('0s')
    const moving = await open({ reducedMotion: 'no-preference' })
    await show(moving.tab, 'sign-in')
    expect(await moving.tab.evaluate(transition)).not.toBe('0s')
  })

  it('is fetched once', async () => {
    const { tab } = await open()
    await show(tab, 'sign-in')
    await show(tab, 'consent')
    expect(server.assets.filter((path) => path.endsWith('.css'))).toHaveLength(1)
  })
})

describe('by keyboard', () => {
  const focused = 'document.activeElement.id || document.activeElement.ariaLabel || document.activeElement.textContent'
  const outline = 'getComputedStyle(document.activeElement).outlineStyle'

  it.each([
    ['sign-in-providers', ['username', 'password', 'Sign in', 'Sign in with Example Corp', 'Sign in with university']],
    ['consent', ['Allow', 'Do not allow']],
    ['device', ['user_code', 'Continue']],
    ['consents', ['Withdraw what Harbour Orders may do', 'Withdraw what Till may do', 'Sign out']],
  ])('%s goes in reading order, and the focus is seen', async (name, order) => {
    const { tab } = await open()
    await show(tab, name)
    const met: unknown[] = []
    if ((await tab.locator('[autofocus]').count()) > 0) {
      await expect.poll(() => tab.evaluate(focused)).toBe(order[0])
      met.push(order[0])
    }
    while (met.length < order.length) {
      await tab.keyboard.press('Tab')
      met.push(await tab.evaluate(focused))
      expect(await tab.evaluate(outline)).toBe('solid')
    }
    expect(met).toEqual(order)
  })

  it('Enter signs in', async () => {
    answers['/oauth2/v2/sign-in'] = 'next'
    const { tab } = await open()
    await show(tab, 'sign-in')
    await expect.poll(() => tab.evaluate(focused)).toBe('username')
    await tab.keyboard.type('ada')
    await tab.keyboard.press('Tab')
    await tab.keyboard.type('pass word+&é')
    await tab.keyboard.press('Enter')
    await tab.waitForURL('**/oauth2/v2/sign-in')
    expect(server.submissions.at(-1)?.fields).toEqual({
      interaction: 'sealed-interaction',
      username: 'ada',
      password: 'pass word+&é',
    })
  })
})

describe('without script', () => {
  it.each([
    ['sign-in-providers', 'Sign in with Example Corp', 'federation', { provider_id: 'corp' }],
    ['consent', 'Allow', 'consent', { decision: 'approve' }],
    ['consent', 'Do not allow', 'consent', { decision: 'deny' }],
    ['consents', 'Withdraw what Till may do', 'consents', { client_id: 'cl_2' }],
    ['sign-out', 'Sign out', 'sign-out', {}],
  ])('%s: %s', async (name, button, path, fields) => {
    answers[`/oauth2/v2/${path}`] = 'next'
    const { tab } = await open({ javaScriptEnabled: false })
    await show(tab, name)
    await tab.getByRole('button', { name: button, exact: true }).click()
    await expect
      .poll(() => server.submissions)
      .toEqual([
        {
          path: `/oauth2/v2/${path}`,
          origin: server.origin,
          fields: { interaction: 'sealed-interaction', ...fields },
        },
      ])
  })
})

describe('text from outside', () => {
  it('is read, not run, by a real parser', async () => {
    const pages: Record<string, Shown> = {
      '/consent-hostile': {
        $case: 'consent',
        value: {
          interaction: hostile,
          clientName: hostile,
          username: hostile,
          scopes: [{ name: hostile, description: hostile }],
          authorizationDetails: [JSON.stringify({ type: hostile, [hostile]: [hostile] })],
          redirectOrigin: hostile,
          device: false,
        },
      },
    }
    for (const [path, shown] of Object.entries(pages)) answers[path] = renderPage(shown, context)
    const { tab, complaints } = await open()
    await show(tab, 'consent-hostile')
    expect(await tab.title()).toBe(`Allow ${hostile}? · Gatehouse`)
    expect(await tab.locator('input[name=interaction]').inputValue()).toBe(hostile)
    expect(await tab.locator('li strong bdi').textContent()).toBe(hostile)
    expect(await tab.locator('img, script, main a').count()).toBe(0)
    expect(complaints).toEqual([])
  })
})

describe('where forms lead', () => {
  /** Another server: `/` is a client's callback that goes on to the client's other host. */
  async function startClient(): Promise<PageServer> {
    const client = await startPageServer((path) =>
      path === '/cb' ? { location: `${client.origin.replace('127.0.0.1', 'localhost')}/home` } : 'at the client',
    )
    onTestFinished(() => client.close())
    return client
  }

  it.each([
    ['sign-in-federated', 'Sign in with Example Corp', 'federation'],
    ['consent', 'Allow', 'consent'],
    ['sign-out', 'Sign out', 'sign-out'],
  ])('%s leads to the client, and wherever that sends the browser', async (name, button, path) => {
    const client = await startClient()
    answers[`/oauth2/v2/${path}`] = { location: `${client.origin}/cb` }
    const { tab, complaints } = await open()
    await show(tab, name)
    await tab.getByRole('button', { name: button, exact: true }).click()
    await tab.waitForURL(/localhost:\d+\/home$/)
    expect(complaints).toEqual([])
  })

  it('a page whose answer stays here leads nowhere else', async () => {
    const client = await startClient()
    answers['/oauth2/v2/consents'] = { location: `${client.origin}/cb` }
    const { tab, complaints } = await open()
    await show(tab, 'consents')
    await tab.getByRole('button').first().click()
    await expect.poll(() => complaints.join()).toContain("form-action 'self'")
    expect(tab.url()).toBe(`${server.origin}/consents`)
  })

  it.each([true, false])('form_post reaches the client, with script %s', async (javaScriptEnabled) => {
    const client = await startClient()
    const state = `${hostile} + %20\u00e9`
    const parameters = [
      { name: 'code', value: 'ghc_1' },
      { name: 'state', value: state },
    ]
    const redirectUri = `${client.origin}/cb`
    const responseMode = ResponseMode.RESPONSE_MODE_FORM_POST
    answers['/form-post'] = formPostPage({ redirectUri, parameters, responseMode }, context)
    const { tab, complaints } = await open({ javaScriptEnabled })
    await show(tab, 'form-post')
    if (!javaScriptEnabled) await tab.getByRole('button', { name: 'Continue' }).click()
    await tab.waitForURL(/localhost:\d+\/home$/)
    expect(client.submissions).toEqual([{ path: '/cb', origin: server.origin, fields: { code: 'ghc_1', state } }])
    expect(complaints).toEqual([])
  })
})

it('no frame shows any page', async () => {
  const { tab } = await open()
  const names = Object.keys(samples)
  await tab.setContent(names.map((name) => `<iframe src="${server.origin}/${name}"></iframe>`).join(''))
  const urls = () =>
    tab
      .frames()
      .slice(1)
      .map((frame) => frame.url().split(':')[0])
  await expect.poll(urls).toEqual(names.map(() => 'chrome-error'))
})
