import { failedPrecondition } from '@gatehouse/errors'
import type { StoredAnswer } from './command.ts'
import type { Queryable } from './log-reader.ts'

interface Identity {
  readonly caller: string
  readonly requestId: string
  readonly requestHash: Uint8Array
}

interface CommandRow {
  readonly caller: string
  readonly request_id: string
  readonly request_hash: Buffer
  readonly reply: Buffer
  readonly position: string
}

/** The answers that were given to the commands of a batch, and those that the batch gives. */
export async function loadCommands(db: Queryable, schema: string, batch: readonly Identity[]) {
  const { rows } = await db.query<CommandRow>({
    name: `${schema} commands`,
    text: `
      SELECT caller, request_id, request_hash, reply, position FROM ${schema}.command
      JOIN unnest($1::text[], $2::text[]) AS asked (caller, request_id) USING (caller, request_id)`,
    values: [batch.map(({ caller }) => caller), batch.map(({ requestId }) => requestId)],
  })
  const answers = new Map<string, { readonly hash: Uint8Array; readonly answer: StoredAnswer }>()
  for (const { caller, request_id: requestId, request_hash: hash, reply, position } of rows) {
    answers.set(keyOf({ caller, requestId }), { hash, answer: { reply, position: BigInt(position) } })
  }
  const given: (Identity & StoredAnswer)[] = []

  return {
    /**
     * The answer to the same request, undefined when it is new.
     * @throws FAILED_PRECONDITION when the id was used for another request
     */
    answered(command: Identity): StoredAnswer | undefined {
      const known = answers.get(keyOf(command))
      if (known && Buffer.compare(known.hash, command.requestHash) !== 0) {
        const message = `request_id ${command.requestId} was used for another request: choose a new one`
        throw failedPrecondition('REQUEST_ID_REUSED', message)
      }
      return known?.answer
    },
    answer({ caller, requestId, requestHash }: Identity, answer: StoredAnswer): void {
      answers.set(keyOf({ caller, requestId }), { hash: requestHash, answer })
      given.push({ caller, requestId, requestHash, ...answer })
    },
    async write(time: Date): Promise<void> {
      if (given.length === 0) return
      await db.query({
        name: `${schema} insert commands`,
        text: `
          INSERT INTO ${schema}.command (caller, request_id, request_hash, reply, position, complete_time)
          SELECT *, $6::timestamptz FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[], $5::bigint[])`,
        values: [
          given.map(({ caller }) => caller),
          given.map(({ requestId }) => requestId),
          given.map(({ requestHash }) => requestHash),
          given.map(({ reply }) => reply),
          given.map(({ position }) => position),
          time,
        ],
      })
    },
  }
}

function keyOf({ caller, requestId }: Pick<Identity, 'caller' | 'requestId'>): string {
  return JSON.stringify([caller, requestId])
}
