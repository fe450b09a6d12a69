/** Markup that may stand in a page as it is: only `html` makes it, out of templates of this source and escaped text. */
export class Html {
  readonly #markup: string

  private constructor(markup: string) {
    this.#markup = markup
  }

  /** A template whose holes are escaped; see `html`. */
  static of(strings: TemplateStringsArray, holes: readonly Hole[]): Html {
    checkTemplate(strings)
    let markup = strings[0] ?? ''
    for (const [index, hole] of holes.entries()) markup += markupOf(hole) + (strings[index + 1] ?? '')
    return new Html(markup)
  }

  toString(): string {
    return this.#markup
  }
}

/** Nothing comes of `undefined` and `false`, so that `condition && html\`…\`` reads well. */
export type Hole = Html | string | number | undefined | false | readonly Hole[]

/**
 * `html\`<p>${text}</p>\``: whatever stands in a hole is escaped, unless it is `Html` itself. Good for text and for
 * quoted attributes; a URL in an attribute needs its scheme checked besides.
 * @throws Error for a template with a hole where escaping would not protect
 */
export function html(strings: TemplateStringsArray, ...holes: Hole[]): Html {
  return Html.of(strings, holes)
}

function markupOf(hole: Hole): string {
  if (hole === undefined || hole === false) return ''
  if (hole instanceof Html) return hole.toString()
  if (typeof hole === 'object') return hole.map(markupOf).join('')
  return escapeText(String(hole))
}

const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
/** Controls that HTML cannot carry: a parser drops or replaces them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come through
const UNPRINTABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g

/** Text as it may stand between tags and in a quoted attribute. */
export function escapeText(text: string): string {
  return text
    .toWellFormed()
    .replace(UNPRINTABLE, '\ufffd')
    .replace(/[&<>"']/g, (character) => REFERENCES[character] ?? '')
}

const checked = new WeakSet<TemplateStringsArray>()

/** What the pages' security policy would block anyway. */
const INLINE = /<style\b|<script(?! src=")|\s(?:style|on\w+)=/i

function checkTemplate(strings: TemplateStringsArray): void {
  if (checked.has(strings)) return
  // There a space in the text would end the value.
  if (strings.slice(0, -1).some((part) => part.endsWith('='))) throw new Error('a hole in an unquoted attribute')
  if (strings.some((part) => INLINE.test(part))) throw new Error('inline script or style')
  checked.add(strings)
}
