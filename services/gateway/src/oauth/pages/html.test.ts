import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { escapeText, html } from './html.ts'

/** Text as an attacker would write it. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', '/', '=', ' ', '`', 'a', ';', '#', '\u0000', '\ud800') }),
  fc.constantFrom('</p><script src="//evil">', '" autofocus onfocus="x', '&lt;', '<!--', ']]>', '\u0085', '$&'),
)

/** What a parser reads back out of escaped text. */
function unescapeText(text: string): string {
  const named: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' }
  return text.replace(/&(?:lt|gt|quot|#39|amp);/g, (reference) => named[reference]!)
}

describe('html', () => {
  it('lets no text become markup, in text or in a quoted attribute', () => {
    fc.assert(
      fc.property(hostile, hostile, (inAttribute, inText) => {
        const markup = html`<p title="${inAttribute}">${inText}</p>`.toString()
        expect(markup.match(/[<>]/g)).toEqual(['<', '>', '<', '>'])
        expect(markup.match(/["']/g)).toEqual(['"', '"'])
        expect(markup.match(/&/g) ?? []).toHaveLength(markup.match(/&(?:lt|gt|quot|#39|amp);/g)?.length ?? 0)
      }),
    )
  })

  it('loses nothing but what HTML cannot carry', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
        const carried = text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, '\ufffd')
        expect(unescapeText(escapeText(text))).toBe(carried)
      }),
    )
  })

  it('puts its own markup into a page as it is, however deep', () => {
    const items = ['<b>', '&'].map((text) => html`<li>${text}</li>`)
    expect(html`<ul>${items}</ul>`.toString()).toBe('<ul><li>&lt;b&gt;</li><li>&amp;</li></ul>')
    expect(html`<p>${['<', [html`<i>${'>'}</i>`]]}</p>`.toString()).toBe('<p>&lt;<i>&gt;</i></p>')
  })

  it('makes nothing of false and undefined, and something of 0 and of an empty text', () => {
    expect(html`a${false}b${undefined}c${0}d${''}e`.toString()).toBe('abc0de')
  })

  it('takes a replacement pattern for the text that it is', () => {
    expect(html`<p>${"$&$1$'"}</p>`.toString()).toBe('<p>$&amp;$1$&#39;</p>')
  })

  it('refuses what only looks like markup of its own', () => {
    const forged = Object.assign(Object.create(null), { toString: () => '<script>' })
    expect(() => html`${forged}`).toThrow(TypeError)
  })

  it('refuses a hole in an unquoted attribute', () => {
    expect(() => html`<a href=${'x'}>`).toThrow('unquoted')
  })

  it.each([
    [() => html`<style>${'x'}</style>`],
    [() => html`<script>${'x'}</script>`],
    [() => html`<p style="color:${'red'}">`],
    [() => html`<p onclick="${'x'}">`],
  ])('refuses inline script and style %#', (make) => {
    expect(make).toThrow('inline')
  })
})
