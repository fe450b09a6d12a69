import pg from 'pg'

/** The part of a connection of `pg` that a COPY needs, and which its types leave out. */
interface CopyConnection {
  readonly stream: { cork(): void; write(bytes: Uint8Array): boolean; uncork(): void }
  endCopyFrom(): void
  sendCopyFail(message: string): void
}

const COPY_DATA = 'd'.charCodeAt(0)

/** A COPY as a query of `pg`, which by itself answers the server's wish for data with a refusal. */
class CopyIn extends pg.Query {
  readonly #chunks: Iterable<Uint8Array>

  constructor(text: string, chunks: Iterable<Uint8Array>, done: (error: Error | undefined) => void) {
    super({ text }, undefined, done)
    this.#chunks = chunks
  }

  handleCopyInResponse(connection: CopyConnection): void {
    try {
      for (const chunk of this.#chunks) sendCopyData(connection, chunk)
      connection.endCopyFrom()
    } catch (error) {
      connection.sendCopyFail(error instanceof Error ? error.message : String(error))
    }
  }
}

/** Past the serializer of `pg`: that would copy the chunk, and make every later message as large as the largest one. */
function sendCopyData({ stream }: CopyConnection, chunk: Uint8Array): void {
  const header = Buffer.allocUnsafe(5)
  header.writeUInt8(COPY_DATA, 0)
  header.writeInt32BE(chunk.length + 4, 1)
  stream.cork()
  stream.write(header)
  stream.write(chunk)
  stream.uncork()
}

/**
 * Runs `COPY … FROM STDIN`. The server works on a chunk while the next one is made; a chunk must stay as it is.
 * @throws DatabaseError when the server refuses a row, and then none is stored
 */
export function copyIn(client: pg.ClientBase, text: string, chunks: Iterable<Uint8Array>): Promise<void> {
  return new Promise((resolve, reject) => {
    client.query(new CopyIn(text, chunks, (error) => (error ? reject(error) : resolve())))
  })
}
