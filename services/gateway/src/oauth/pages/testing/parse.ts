/** Tags of a page that our own templates made: every attribute quoted, every `<` a tag. */
export interface Tag {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
}

const references: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' }

/** The opening tags of a page, in order. @param name only those */
export function tagsOf(page: string, name?: string): Tag[] {
  const tags = Array.from(page.matchAll(/<([a-z0-9]+)((?:\s+[\w-]+(?:="[^"]*")?)*)\s*>/gi), ([, tag, attributes]) => ({
    name: tag as string,
    attributes: Object.fromEntries(
      Array.from((attributes as string).matchAll(/([\w-]+)(?:="([^"]*)")?/g), ([, key, value]) => [key, text(value)]),
    ),
  }))
  return name === undefined ? tags : tags.filter((tag) => tag.name === name)
}

/** What a form would send: names and values of its hidden fields and fields. */
export function fieldsOf(page: string): Record<string, string> {
  return Object.fromEntries(
    tagsOf(page, 'input').map(({ attributes }) => [attributes['name'] ?? '', attributes['value'] ?? '']),
  )
}

/** What is read on a page. */
export function textOf(page: string): string {
  return text(page.replace(/<title>.*<\/title>/s, '').replace(/<[^>]*>/g, ''))
    .replace(/\s+/g, ' ')
    .trim()
}

function text(escaped = ''): string {
  return escaped.replace(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => references[name] ?? '')
}
