import type { EventOf, EventTypes } from '@gatehouse/contracts/events'
import { GatehouseError } from '@gatehouse/errors'
import type pg from 'pg'
import { advisoryKey } from './advisory-key.ts'
import { createClaimTable } from './claim-table.ts'
import type { PendingCommand } from './command.ts'
import { loadCommands } from './command-table.ts'
import { commitUnknown, isPassing, isRefusal, storeError } from './driver-error.ts'
import type { Queryable } from './log-reader.ts'
import { withClient } from './pool.ts'
import { type LogShape, loadStreams, type StreamChange } from './stream-table.ts'

/** Inline read tables: called with the streams that grew, inside the transaction that appends. */
export type AppendHook<Event> = (tx: Queryable, changes: readonly StreamChange<Event>[]) => Promise<void>

export interface AppendContext<Types extends EventTypes> extends LogShape<Types> {
  readonly pool: pg.Pool
  readonly onAppend: AppendHook<EventOf<Types>> | undefined
  readonly onCommitted: (head: bigint) => void
}

type Settle = () => void

/** Runs the commands that share a transaction and settles each of them; never rejects. */
export async function runBatch<Types extends EventTypes>(
  context: AppendContext<Types>,
  batch: readonly PendingCommand<EventOf<Types>>[],
): Promise<void> {
  try {
    const { settles, head } = await withClient(context.pool, (client) => transact(context, client, batch))
    if (head !== undefined) context.onCommitted(head)
    for (const settle of settles) settle()
  } catch (error) {
    const rolledBack = !(error instanceof GatehouseError) && !isPassing(error)
    if (rolledBack && batch.length > 1) {
      // Postgres or the read tables refuse what one of them writes: alone, that one fails alone.
      for (const command of batch) await runBatch(context, [command])
      return
    }
    for (const command of batch) command.reject(storeError(error))
  }
}

async function transact<Types extends EventTypes>(
  context: AppendContext<Types>,
  client: Queryable,
  batch: readonly PendingCommand<EventOf<Types>>[],
): Promise<{ settles: readonly Settle[]; head: bigint | undefined }> {
  // 1. Nobody else appends until this transaction has ended. The lock is a statement of its own: under READ COMMITTED
  //    the next one gets a fresh snapshot and sees all that was committed while this one waited.
  const [classId, objectId] = advisoryKey('append', context.schema)
  await client.query(`BEGIN; SELECT pg_advisory_xact_lock(${classId}, ${objectId})`)
  // 2. What the commands of the batch need to know, in one query each, however many commands.
  const commands = await loadCommands(client, context.schema, batch)
  const names = batch.flatMap(({ streams }) => streams)
  const tables: Tables<Types> = {
    commands,
    streams: await loadStreams(client, context, names),
    claims: createClaimTable(client, context.schema),
    time: new Date(),
  }
  // 3. Each command sees what those before it did. One that is refused leaves nothing and fails alone.
  const settles: Settle[] = []
  for (const command of batch) settles.push(await perform(tables, command))
  // 4. Write, read tables included.
  const head = await tables.streams.write()
  await tables.claims.write()
  await tables.commands.write(tables.time)
  if (head !== undefined) await context.onAppend?.(client, tables.streams.changes())
  // 5. Only after this may anybody be told.
  await commit(client)
  return { settles, head }
}

interface Tables<Types extends EventTypes> {
  readonly commands: Awaited<ReturnType<typeof loadCommands>>
  readonly streams: Awaited<ReturnType<typeof loadStreams<Types>>>
  readonly claims: ReturnType<typeof createClaimTable>
  readonly time: Date
}

async function perform<Types extends EventTypes>(
  { commands, streams, claims, time }: Tables<Types>,
  command: PendingCommand<EventOf<Types>>,
): Promise<Settle> {
  try {
    const known = commands.answered(command)
    if (known) return () => command.resolve({ ...known, replayed: true })
    const written = command.decide(streams.history)
    const encoded = streams.encode(written.appends)
    const position = streams.positionAfter(encoded.length, command.streams)
    const answer = { reply: written.reply(position), position }
    await claims.change(written.releases, written.claims)
    streams.append(encoded, command.traceparent, time)
    commands.answer(command, answer)
    return () => command.resolve({ ...answer, replayed: false })
  } catch (error) {
    if (isPassing(error) || isRefusal(error)) throw error
    return () => command.reject(error)
  }
}

async function commit(client: Queryable): Promise<void> {
  const { command } = await client.query('COMMIT').catch((error: unknown) => {
    throw isRefusal(error) ? error : commitUnknown(error)
  })
  if (command !== 'COMMIT') throw new Error(`the transaction ended with ${command}`)
}
