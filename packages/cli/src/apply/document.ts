import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parse, YAMLParseError } from 'yaml'
import { CliError } from '../cli-error.ts'
import { isRecord, type Json, textIn } from '../record.ts'

/** The kinds of things a file describes, in the order in which they can be made, with the fields that name one. */
export const kinds = {
  environments: ['environment_id'],
  plans: ['environment_id', 'plan_id'],
  apis: ['environment_id', 'api_id'],
  clients: ['environment_id', 'client_id'],
  subscriptions: ['environment_id', 'client_id', 'api_id'],
} as const satisfies { readonly [kind: string]: readonly string[] }

export type Kind = keyof typeof kinds

/** One thing that shall be as its file says. */
export interface Entry {
  readonly kind: Kind
  /** `alpha/orders`. */
  readonly name: string
  /** Where it stands: `gatehouse.yaml: apis[0]`. */
  readonly place: string
  readonly fields: Json
}

/**
 * Reads files in YAML or JSON: lists by kind, and `environment_id` at the top for all entries that name none. An API's
 * `openapi` is the path of a document, from the file's own folder; its text comes as `document`.
 * @throws CliError naming file and place.
 */
export async function readEntries(files: readonly string[]): Promise<readonly Entry[]> {
  const entries = (await Promise.all(files.map(entriesOf))).flat()
  const seen = new Map<string, string>()
  for (const { kind, name, place } of entries) {
    const before = seen.get(`${kind} ${name}`)
    if (before) throw new CliError(`${place}: ${name} is described at ${before} already`)
    seen.set(`${kind} ${name}`, place)
  }
  const order = Object.keys(kinds)
  return entries.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))
}

async function entriesOf(file: string): Promise<Entry[]> {
  const content = parsed(file, await textOf(file, file))
  if (!isRecord(content)) throw new CliError(`${file}: must be an object with ${Object.keys(kinds).join(', ')}`)
  const { environment_id, ...lists } = content
  const found: Entry[] = []
  for (const [kind, list] of Object.entries(lists)) {
    if (!isKind(kind)) throw new CliError(`${file}: ${kind} is not known; known are ${Object.keys(kinds).join(', ')}`)
    if (!Array.isArray(list)) throw new CliError(`${file}: ${kind} must be a list`)
    for (const [index, item] of list.entries()) {
      const place = `${file}: ${kind}[${index}]`
      if (!isRecord(item)) throw new CliError(`${place} must be an object`)
      const inherits = environment_id !== undefined && item['environment_id'] === undefined && kind !== 'environments'
      found.push(await entry(kind, place, inherits ? { environment_id, ...item } : item, file))
    }
  }
  return found
}

async function entry(kind: Kind, place: string, item: Json, file: string): Promise<Entry> {
  const names = kinds[kind].map((field) => {
    const value = item[field]
    if (typeof value !== 'string' || value === '') throw new CliError(`${place}.${field}: must be given, as text`)
    return value
  })
  const fields = kind === 'apis' && item['openapi'] !== undefined ? await withDocument(item, place, file) : item
  return { kind, name: names.join('/'), place, fields }
}

async function withDocument({ openapi, ...item }: Json, place: string, file: string): Promise<Json> {
  if (typeof openapi !== 'string') throw new CliError(`${place}.openapi: must be the path of a document`)
  if (item['operations'] !== undefined) throw new CliError(`${place}: openapi and operations exclude each other`)
  return { ...item, document: await textOf(resolve(dirname(file), openapi), `${place}.openapi`) }
}

function parsed(file: string, text: string): unknown {
  try {
    return parse(text)
  } catch (error) {
    if (error instanceof YAMLParseError) throw new CliError(`${file}: ${error.message.trim()}`)
    throw error
  }
}

async function textOf(path: string, place: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new CliError(`${place}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function isKind(name: string): name is Kind {
  return Object.hasOwn(kinds, name)
}

/** A list of texts in a field; none when it is absent. */
export function textsIn(item: Json, name: string): readonly string[] {
  const list = item[name]
  return Array.isArray(list) ? list.map(String) : textIn(item, name) ? [textIn(item, name)] : []
}
