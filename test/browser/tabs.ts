import { chromiumArguments, findChromium } from '@gatehouse/testkit'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { onTestFinished } from 'vitest'

export const phone = { viewport: { width: 375, height: 740 }, isMobile: true, hasTouch: true } as const

export async function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: await findChromium(), args: [...chromiumArguments] })
}

/** A tab of somebody's own browser, which is gone after the test. */
export async function openTab(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const own = await browser.newContext(options)
  onTestFinished(() => own.close())
  own.setDefaultTimeout(10_000)
  return own.newPage()
}

/** Types user name and password, and sends them. */
export async function signIn(tab: Page, user: { readonly username: string; readonly password: string }): Promise<void> {
  await tab.getByLabel('User name').fill(user.username)
  await tab.getByLabel('Password').fill(user.password)
  await press(tab, 'Sign in')
}

export async function press(tab: Page, button: string): Promise<void> {
  await tab.getByRole('button', { name: button, exact: true }).click()
}

export async function heading(tab: Page): Promise<string> {
  return (await tab.getByRole('heading', { level: 1 }).textContent()) ?? ''
}
