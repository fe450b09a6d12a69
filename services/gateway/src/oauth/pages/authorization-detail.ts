import { type Html, html } from './html.ts'
import { foreign } from './layout.ts'

const DEPTH_MAX = 4

/** One authorization detail (RFC 9396) as its type and all its fields; as sent, should it be anything else. */
export function authorizationDetail(json: string): Html {
  const detail = parse(json)
  if (!isObject(detail) || typeof detail['type'] !== 'string') return html`<code>${foreign(json)}</code>`
  const { type, ...fields } = detail
  return html`<strong>${foreign(type)}</strong>
${fieldList(fields, 1)}`
}

function fieldList(fields: Readonly<Record<string, unknown>>, depth: number): Html {
  const items = Object.entries(fields).map(
    ([name, value]) =>
      html`<div><dt>${foreign(name.replaceAll('_', ' '))}</dt> <dd>${fieldValue(value, depth)}</dd></div>\n`,
  )
  return items.length === 0 ? html`` : html`<dl>\n${items}</dl>`
}

/** Nested lists, never one line: in a line a text could pass for further fields. */
function fieldValue(value: unknown, depth: number): Html {
  if (typeof value === 'string') return foreign(value)
  if (typeof value !== 'object' || value === null) return foreign(String(value))
  if (depth === DEPTH_MAX) return html`<code>${foreign(JSON.stringify(value))}</code>`
  if (isObject(value)) return fieldList(value, depth + 1)
  return html`<ul>${Object.values(value).map((item: unknown) => html`<li>${fieldValue(item, depth + 1)}</li>\n`)}</ul>`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
