import { type Json, textIn } from './record.ts'

/** Header of a column, and what stands in it. */
export type Column = readonly [header: string, cell: (item: Json) => string]

/** Where the results of a command go, in the form that was asked for. */
export interface Output {
  /** A list: a table, or a JSON array. */
  list(items: readonly Json[], columns: readonly Column[]): void
  /** One thing: its fields, one a line, or as JSON. */
  one(item: Json): void
  /** One thing of which a text is shown as it is, line by line; as JSON the whole of it. */
  text(item: Json, member: string): void
  /** One of many that come while we wait: a line of a table, or of JSON. */
  next(item: Json, columns: readonly Column[]): void
  /** A remark that is no result: left out with --json. */
  note(text: string): void
}

type Write = (text: string) => unknown

export function jsonOutput(write: Write): Output {
  const document = (value: unknown) => void write(`${JSON.stringify(value, undefined, 2)}\n`)
  return {
    list: document,
    one: document,
    text: document,
    next: (item) => void write(`${JSON.stringify(item)}\n`),
    note: () => {},
  }
}

export function textOutput(write: Write): Output {
  let widths: number[] | undefined
  return {
    list(items, columns) {
      if (items.length === 0) write('none\n')
      else write(table(items, columns))
    },
    one(item) {
      const fields = flat(item)
      const width = Math.max(0, ...fields.map(([name]) => name.length))
      for (const [name, value] of fields) write(`${name.padEnd(width)}  ${printable(value)}\n`)
    },
    text(item, member) {
      const lines = textIn(item, member).trimEnd().split('\n')
      write(`${lines.map(printable).join('\n')}\n`)
    },
    next(item, columns) {
      const cells = columns.map(([, cell]) => printable(cell(item)))
      if (!widths) {
        widths = columns.map(([header], index) => Math.max(header.length, cells[index]?.length ?? 0))
        write(
          line(
            columns.map(([header]) => header),
            widths,
          ),
        )
      }
      write(line(cells, widths))
    },
    note: (text) => void write(`${text}\n`),
  }
}

/** A column that shows a field as it is. */
export function field(header: string, name: string): Column {
  return [header, (item) => textIn(item, name)]
}

function table(items: readonly Json[], columns: readonly Column[]): string {
  const rows = items.map((item) => columns.map(([, cell]) => printable(cell(item))))
  const headers = columns.map(([header]) => header)
  const widths = headers.map((header, index) => Math.max(header.length, ...rows.map((row) => row[index]?.length ?? 0)))
  return [headers, ...rows].map((row) => line(row, widths)).join('')
}

function line(cells: readonly string[], widths: readonly number[]): string {
  return `${cells
    .map((cell, index) => cell.padEnd(widths[index] ?? 0))
    .join('  ')
    .trimEnd()}\n`
}

/** `a.b` and value for everything within that is not empty. */
function flat(item: Json, prefix = ''): [string, string][] {
  return Object.entries(item).flatMap(([name, value]): [string, string][] => {
    if (value === null || value === undefined || value === '') return []
    if (Array.isArray(value)) return value.length === 0 ? [] : [[`${prefix}${name}`, value.map(asText).join(', ')]]
    if (typeof value === 'object') return flat(value as Json, `${prefix}${name}.`)
    return [[`${prefix}${name}`, String(value)]]
  })
}

function asText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** What a client sent may stand in a record: it must not steer the terminal of who reads it. */
function printable(text: string): string {
  const escaped = (found: string) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, escaped)
}
