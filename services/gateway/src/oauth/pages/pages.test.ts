import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findAsset } from './assets.ts'
import type { PageContext } from './layout.ts'
import { renderPage } from './render.ts'
import { tagsOf, textOf } from './testing/parse.ts'
import { samples } from './testing/samples.ts'

const context: PageContext = { prefix: '/orders/oauth2/v2', environment: 'alpha', secure: true }
const all = Object.entries(samples)

describe.each(all)('every page: %s', (_, shown) => {
  const page = renderPage(shown, context)

  it('is kept by nobody, framed by nobody, and runs nothing', () => {
    expect(page.headers).toMatchObject({
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Frame-Options': 'DENY',
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'same-origin',
    })
    expect(page.headers['Content-Security-Policy']).toMatch(/^default-src 'none';.*frame-ancestors 'none'/)
    expect(page.headers['Content-Security-Policy']).not.toMatch(/unsafe|script-src/)
    expect(page.html).not.toMatch(/<script|<style|\sstyle=|\son\w+=|javascript:/i)
  })

  it('has a language, a title, one heading, and says where it is', () => {
    expect(tagsOf(page.html, 'html')[0]?.attributes['lang']).toBe('en')
    expect(page.html).toMatch(/<title>[^<]+ · Gatehouse<\/title>/)
    expect(tagsOf(page.html, 'h1')).toHaveLength(1)
    expect(textOf(page.html)).toContain('Gatehouse alpha')
  })

  it('sends its forms by POST to our own endpoints below the prefix', () => {
    for (const { attributes } of tagsOf(page.html, 'form')) {
      expect(attributes['method']).toBe('post')
      expect(attributes['action']).toMatch(
        /^\/orders\/oauth2\/v2\/(sign-in|federation|consent|device|consents|sign-out)$/,
      )
    }
  })

  it('names assets that there are', () => {
    const names = tagsOf(page.html, 'link').map(
      ({ attributes }) => attributes['href']?.split('/orders/oauth2/v2/assets/')[1],
    )
    expect(names).toHaveLength(2)
    for (const name of names) expect(findAsset(name!)).toBeDefined()
  })

  it('names every field that is not hidden', () => {
    const labels = tagsOf(page.html, 'label').map(({ attributes }) => attributes['for'])
    const fields = tagsOf(page.html, 'input').filter(({ attributes }) => attributes['type'] !== 'hidden')
    expect(fields.map(({ attributes }) => attributes['id'])).toEqual(labels)
  })

  it('gives no id twice, and describes fields by ids that there are', () => {
    const ids = tagsOf(page.html).flatMap(({ attributes }) => attributes['id'] ?? [])
    expect(new Set(ids).size).toBe(ids.length)
    const described = tagsOf(page.html).flatMap(({ attributes }) => attributes['aria-describedby']?.split(' ') ?? [])
    expect(ids).toEqual(expect.arrayContaining(described))
  })
})

/** The page with another text in place of each text that comes from outside. */
function withTexts(value: unknown, text: string): unknown {
  if (typeof value === 'string') return text
  if (Array.isArray(value)) return value.map((item) => withTexts(item, text))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, key === '$case' ? inner : withTexts(inner, text)]),
  )
}

describe('text from outside', () => {
  const harmless = 'x'
  const hostile = fc.oneof(
    fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', '/', '=', ' ', '-', '!', 'b') }),
    fc.constantFrom('"><img src=x onerror=alert(1)>', "'><form action=//evil>", '</title><script>', '{"type":"<b>"}'),
    fc.json({ stringUnit: 'binary' }),
  )

  it.each(all)('adds no tag and no attribute to a page: %s', (_, shown) => {
    const shape = (text: string) =>
      tagsOf(renderPage(withTexts(shown, text) as typeof shown, { ...context, environment: text }).html)
        .filter(({ name }) => !['dl', 'div', 'dt', 'dd', 'strong', 'code', 'bdi', 'ul', 'li'].includes(name))
        .map(({ name, attributes }) =>
          [name, ...Object.keys(attributes).filter((key) => key !== 'autofocus')].join(' '),
        )
    fc.assert(
      fc.property(hostile, (text) => {
        fc.pre(text !== '')
        expect(shape(text)).toEqual(shape(harmless))
      }),
      { numRuns: 60 },
    )
  })

  it('is set apart from the direction of our own words', () => {
    const page = renderPage(samples['consent']!, context)
    expect(page.html).toContain('<bdi>Harbour Orders</bdi>')
  })
})
