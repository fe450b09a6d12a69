import pg from 'pg'

export type CopyValue = string | number | bigint | Date | Uint8Array
export type CopyRow = readonly CopyValue[]

/** The part of a connection of `pg` that a COPY needs, and which its types leave out. */
interface CopyConnection {
  sendCopyFromChunk(chunk: Buffer): void
  endCopyFrom(): void
}

/** `COPY … FROM STDIN` as a query of `pg`, which by itself answers a COPY with a refusal. */
class CopyIn extends pg.Query {
  readonly #chunk: Buffer

  constructor(table: string, chunk: Buffer, done: (error: Error | undefined) => void) {
    super({ text: `COPY ${table} FROM STDIN` }, undefined, done)
    this.#chunk = chunk
  }

  handleCopyInResponse(connection: CopyConnection): void {
    connection.sendCopyFromChunk(this.#chunk)
    connection.endCopyFrom()
  }
}

/** @param table with its columns in brackets, in the order of the values */
export function copyIn(client: pg.ClientBase, table: string, rows: readonly CopyRow[]): Promise<void> {
  const chunk = Buffer.from(rows.map(lineOf).join(''))
  return new Promise((resolve, reject) => {
    client.query(new CopyIn(table, chunk, (error) => (error ? reject(error) : resolve())))
  })
}

function lineOf(row: CopyRow): string {
  return `${row.map(textOf).join('\t')}\n`
}

function textOf(value: CopyValue): string {
  if (value instanceof Uint8Array) return `\\\\x${Buffer.from(value).toString('hex')}`
  if (value instanceof Date) return value.toISOString()
  return String(value).replace(/[\\\t\n\r]/g, (special) => `\\${special}`)
}
