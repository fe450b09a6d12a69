/** What a page showed: where it is, its forms' fields, its text. */
export interface Shown {
  readonly status: number
  readonly url: string
  readonly html: string
}

/** A browser without script: cookies of one host, forms, redirects followed as long as they stay at the issuer. */
export class Browser {
  readonly #issuer: string
  readonly cookies = new Map<string, string>()

  constructor(issuer: string) {
    this.#issuer = issuer
  }

  open(url: string): Promise<Shown | URL> {
    return this.#ask(url, {})
  }

  /** Fills in the form of a page and sends it off; fields that are hidden go with it. @param button name and value */
  submit(page: Shown, fields: Record<string, string>): Promise<Shown | URL> {
    const [, action = ''] = /<form method="post" action="([^"]*)">/.exec(page.html) ?? []
    const hidden = [...page.html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)]
    const body = new URLSearchParams(hidden.map(([, name = '', value = '']) => [name, unescaped(value)]))
    for (const [name, value] of Object.entries(fields)) body.set(name, value)
    return this.#ask(new URL(action, page.url).href, { method: 'POST', body })
  }

  async #ask(url: string, init: RequestInit): Promise<Shown | URL> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { ...init, redirect: 'manual', headers: { cookie } })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/Max-Age=0/.test(line)) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    const location = response.headers.get('location')
    if (location === null) return { status: response.status, url, html: await response.text() }
    await response.body?.cancel()
    if (response.status !== 303) throw new Error(`redirect with ${response.status}`)
    const next = new URL(location, url)
    return next.href.startsWith(`${this.#issuer}/`) ? this.#ask(next.href, {}) : next
  }
}

function unescaped(text: string): string {
  const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' }
  return text.replace(/&(lt|gt|quot|#39|amp);/g, (_, name) => named[name] ?? '')
}

/** @throws when the browser was not shown a page */
export function page(shown: Shown | URL): Shown {
  if (shown instanceof URL) throw new Error(`sent to ${shown.origin}${shown.pathname}`)
  return shown
}

/** @throws when the browser was not sent away */
export function sentTo(shown: Shown | URL): URL {
  if (shown instanceof URL) return shown
  throw new Error(`shown a page with ${shown.status}: ${/<h1>.*<\/main>/s.exec(shown.html)?.[0] ?? shown.html}`)
}
