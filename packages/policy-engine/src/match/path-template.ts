import { canonicalPath } from './canonical-path.ts'

/** A segment of a path template: a text to meet, or undefined for a parameter, which meets every non-empty segment. */
export type TemplateSegment = string | undefined

export interface PathTemplate {
  readonly segments: readonly TemplateSegment[]
  /** The template with its parameters' names blotted out: templates with the same shape match the same paths. */
  readonly shape: string
}

/** Bounds the depth of the route table. */
export const templateSegmentsMax = 32

/** Reads `/orders/{order_id}`; answers what is wrong with it as a string. */
export function parsePathTemplate(template: string): PathTemplate | string {
  if (!template.startsWith('/')) return 'must start with /'
  const texts = template.slice(1).split('/')
  if (texts.length > templateSegmentsMax) return `must not have more than ${templateSegmentsMax} segments`
  const names = new Set<string>()
  const segments: TemplateSegment[] = []
  for (const [index, text] of texts.entries()) {
    const name = parameterName(text)
    if (name !== undefined) {
      if (names.has(name)) return `names the parameter {${name}} twice`
      names.add(name)
      segments.push(undefined)
      continue
    }
    const fault = textFault(text, index === texts.length - 1)
    if (fault) return fault
    segments.push((canonicalPath(`/${text}`) as string).slice(1))
  }
  return { segments, shape: segments.map((segment) => `/${segment ?? '{}'}`).join('') }
}

function parameterName(text: string): string | undefined {
  if (!text.startsWith('{') || !text.endsWith('}')) return undefined
  const name = text.slice(1, -1)
  return name === '' || name.includes('{') || name.includes('}') ? undefined : name
}

function textFault(text: string, last: boolean): string | undefined {
  if (text.includes('{') || text.includes('}')) return `must have parameters as whole segments, unlike "${text}"`
  if (text === '' && !last) return 'must not have empty segments'
  if (text.includes('?')) return 'must not have a query'
  const path = canonicalPath(`/${text}`)
  return typeof path === 'string' ? undefined : `has no canonical form (${path.fault}): "${text}"`
}
