import { copyIn as copy } from '@gatehouse/event-store'
import type pg from 'pg'

export type CopyValue = string | number | bigint | Date | Uint8Array
export type CopyRow = readonly CopyValue[]

/** @param table with its columns in brackets, in the order of the values */
export function copyIn(client: pg.ClientBase, table: string, rows: readonly CopyRow[]): Promise<void> {
  return copy(client, `COPY ${table} FROM STDIN`, [Buffer.from(rows.map(lineOf).join(''))])
}

function lineOf(row: CopyRow): string {
  return `${row.map(textOf).join('\t')}\n`
}

function textOf(value: CopyValue): string {
  if (value instanceof Uint8Array) return `\\\\x${Buffer.from(value).toString('hex')}`
  if (value instanceof Date) return value.toISOString()
  return String(value).replace(/[\\\t\n\r]/g, (special) => `\\${special}`)
}
