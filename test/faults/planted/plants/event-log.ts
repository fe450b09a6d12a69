import type { Plant } from '../plant.ts'

const handling = 'packages/event-store/src/handle-command.integration.test.ts'
const relaying = 'packages/event-store/src/outbox-relay.integration.test.ts'
const appending = 'packages/event-store/src/append-transaction.ts'
const streams = 'packages/event-store/src/stream-table.ts'

const noLock = { file: appending, find: 'SELECT pg_advisory_xact_lock(', replace: 'SELECT concat(' }

const twoInstances = {
  file: 'test/faults/planted/event-log.scenario.ts',
  tests: [
    'two busy instances, a relay and connections that break: one order, nothing lost or doubled, in the log and outside',
  ],
}

/** The log of a service: one order, nothing twice, nothing told before it is so. */
export const eventLogPlants: readonly Plant[] = [
  {
    name: 'append-not-serialised',
    breaks: 'appends take no lock: two instances write at the same position',
    provokedBy: 'two instances of a service under load',
    edits: [noLock],
    caughtBy: twoInstances,
  },
  {
    name: 'position-from-sequence',
    breaks: 'positions come from a sequence: what is refused or rolled back leaves holes, commits overtake each other',
    provokedBy: 'refused commands and connections that break',
    edits: [
      {
        file: streams,
        find: 'const head = await readHead(db, schema)',
        replace: `await readHead(db, schema)
  await db.query(\`CREATE SEQUENCE IF NOT EXISTS \${schema}.log_position\`)
  const { rows } = await db.query<{ at: string }>(\`SELECT nextval('\${schema}.log_position') AS at\`)
  const head = BigInt(rows[0]?.at ?? 0) - 1n`,
      },
      {
        file: streams,
        find: 'await advanceHead(db, schema, head, appended.length)',
        replace: `await db.query(\`SELECT setval('\${schema}.log_position', $1)\`, [head + BigInt(appended.length)])
      await db.query(\`UPDATE \${schema}.log_head SET position = $1\`, [head + BigInt(appended.length)])
      void advanceHead`,
      },
    ],
    caughtBy: twoInstances,
  },
  {
    name: 'publish-before-commit',
    breaks: 'events leave before their transaction is committed: some of them never happen',
    provokedBy: 'connections that break before COMMIT',
    edits: [
      {
        file: appending,
        find: '  await commit(client)\n  return { settles, head }',
        replace: `  const early = globalThis as { plantedPublish?: (events: readonly unknown[]) => Promise<void> }
  await early.plantedPublish?.(tables.streams.changes().flatMap(({ appended }) => appended))
  await commit(client)
  return { settles, head }`,
      },
      {
        file: 'packages/event-store/src/outbox-relay.ts',
        find: '  const stop = new AbortController()\n',
        replace: `  const stop = new AbortController()
  Object.assign(globalThis, { plantedPublish: publisher.publish })
`,
      },
    ],
    caughtBy: twoInstances,
  },
  {
    name: 'idempotency-row-not-stored',
    breaks: 'the answer to a request is not kept: the request repeated is done twice',
    provokedBy: 'a client that repeats a request whose answer it did not get',
    edits: [
      {
        file: 'packages/event-store/src/command-table.ts',
        find: 'if (given.length === 0) return',
        replace: 'if (given.length >= 0) return',
      },
    ],
    caughtBy: { file: handling, tests: ['answers > a repeated request gets the stored answer and writes nothing'] },
  },
  {
    name: 'expected-version-ignored',
    breaks: 'a command on a stream that has moved on is done all the same',
    provokedBy: '50 parallel commands that expect the same version',
    edits: [
      {
        file: 'packages/event-store/src/handle-command.ts',
        find: 'if (expectedVersion !== undefined && expectedVersion !== version) throw',
        replace: 'if (expectedVersion !== undefined && expectedVersion > version) throw',
      },
    ],
    caughtBy: {
      file: handling,
      tests: ['refuses > all but one of 50 parallel commands that expect the same version'],
    },
  },
  {
    name: 'published-position-before-publish',
    breaks: 'the relay notes events as published before Kafka has them: they are never published',
    provokedBy: 'a broker that is away',
    edits: [
      {
        file: 'packages/event-store/src/outbox-relay.ts',
        find: `        await publisher.publish(events)
        await storePublished(session, store.schema, last.position)
        published = last.position
`,
        replace: `        await storePublished(session, store.schema, last.position)
        published = last.position
        await publisher.publish(events)
`,
      },
    ],
    caughtBy: { file: relaying, tests: ['publishes again what was not acknowledged'] },
  },
  {
    name: 'position-before-apply',
    breaks: 'a consumer of the log counts events as taken before it took them: refused ones are never brought again',
    provokedBy: 'a consumer that refuses',
    edits: [
      {
        file: 'packages/bus/src/delivery.ts',
        find: `      await onEvents(fresh)
      this.#position = last.position
`,
        replace: `      this.#position = last.position
      await onEvents(fresh)
`,
      },
      {
        file: 'packages/bus/src/delivery.ts',
        find: "this.#position = typeof after === 'function' ? await after() : (this.#position ?? after)",
        replace: "this.#position ??= typeof after === 'function' ? await after() : after",
      },
    ],
    caughtBy: {
      file: 'packages/bus/src/subscribe.integration.test.ts',
      tests: ['delivery by pull alone > refused events are brought again, and none is doubled or left out'],
    },
  },
  {
    name: 'delivery-over-a-hole',
    breaks: 'events are delivered although one before them is missing',
    provokedBy: 'a feed that leaves an event out',
    edits: [
      {
        file: 'packages/bus/src/delivery.ts',
        find: 'if (event.position !== last + 1n) return undefined',
        replace: 'if (event.position < last + 1n) return undefined',
      },
    ],
    caughtBy: { file: 'packages/bus/src/delivery.test.ts', tests: ['a hole within the batch is seen'] },
  },
]
