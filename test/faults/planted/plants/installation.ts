import type { Plant } from '../plant.ts'

const after = (fault: string) => ({
  file: 'test/faults/every-fault.test.ts',
  tests: [`seed 1 > ${fault}`, 'seed 1 > what everybody did and saw agrees with what is stored'],
})

/** Bugs that are looked for in the whole of it: by what clients saw and what the stores hold after. */
export const installationPlants: readonly Plant[] = [
  {
    name: 'secret-logged',
    breaks: 'the gateway writes keys to its log',
    provokedBy: 'keys in every place where a key could be',
    edits: [
      {
        file: 'packages/decision-state/src/api-keys.ts',
        find: '  if (known.size === knownMax) known.clear()\n',
        replace: '  if (known.size === knownMax) known.clear()\n  process.stderr.write(newText)\n',
      },
    ],
    caughtBy: {
      file: 'test/faults/secrets.test.ts',
      tests: ['embedded > no secret stands in the output, a file, a table, a trace or an answer'],
    },
  },
  {
    name: 'record-lost-on-the-way',
    breaks: 'of a batch of decision records the first does not get to Kafka',
    provokedBy: 'calls under load',
    edits: [
      {
        file: 'packages/audit-trail/src/shipper.ts',
        find: 'sink.prepare(batch.records)',
        replace: 'sink.prepare(batch.records.length > 1 ? batch.records.slice(1) : batch.records)',
      },
    ],
    caughtBy: after('kill gateway'),
  },
  {
    name: 'revocation-not-followed',
    breaks: 'gateways go on with what they have cached, whatever becomes of it',
    provokedBy: 'revocations under load',
    edits: [
      {
        file: 'packages/read-model/src/cache.ts',
        find: '    shelves.delete(key)\n    const flight',
        replace: "    if (shelves.get(key, kinds.apiKey)?.state !== 'found') shelves.delete(key)\n    const flight",
      },
    ],
    caughtBy: after('kill gateway'),
  },
  {
    name: 'repeated-command-doubled',
    breaks: 'the answer to a command is not kept: one whose answer got lost is done twice',
    provokedBy: 'answers that are lost between the credential service and the console',
    edits: [
      {
        file: 'packages/event-store/src/command-table.ts',
        find: 'if (given.length === 0) return',
        replace: 'if (given.length >= 0) return',
      },
    ],
    caughtBy: after('link console-credential'),
  },
  {
    name: 'event-not-published',
    breaks: 'of many events at once the relay leaves the first out',
    provokedBy: 'commands under load',
    edits: [
      {
        file: 'packages/event-store/src/outbox-relay.ts',
        find: 'await publisher.publish(events)',
        replace: 'await publisher.publish(events.length > 1 ? events.slice(1) : events)',
      },
    ],
    caughtBy: after('kill credential'),
  },
]
