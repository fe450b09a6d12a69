import type { Plant } from '../plant.ts'

const durability = 'services/gateway/src/check/durability.test.ts'
const ledger = 'services/audit/src/service.integration.test.ts'
const concluding = 'services/gateway/src/check/conclude.ts'

/** One decision, one record: on disk before the answer, in the ledger once. */
export const auditPlants: readonly Plant[] = [
  {
    name: 'acknowledged-before-fsync',
    breaks: 'a record counts as durable before it is on disk: a power cut takes it, and its answer was given',
    provokedBy: 'a crash image: the disk cut at the last fsync, with a torn tail',
    edits: [
      {
        file: 'packages/audit-trail/src/spool/writer.ts',
        find: `    this.#options.disk.datasync(segment.slot.file.fd, (error) => {
      if (error) this.#fail(error, segment)
      else this.#succeed(segment)
    })`,
        replace: `    this.#options.disk.datasync(segment.slot.file.fd, (error) => {
      if (error) this.#fail(error, segment)
    })
    this.#succeed(segment)`,
      },
    ],
    caughtBy: {
      file: 'packages/audit-trail/src/spool/crash-image.test.ts',
      tests: ['after a power cut at any moment: a prefix of what was appended, with all that was acknowledged'],
    },
  },
  {
    name: 'fsync-tried-again',
    breaks: 'after a failed fsync the same file is synced again, which succeeds on pages that the kernel dropped',
    provokedBy: 'an fsync that answers EIO',
    edits: [
      {
        file: 'packages/audit-trail/src/spool/writer.ts',
        find: '      if (error) this.#fail(error, segment)\n      else this.#succeed(segment)',
        replace:
          '      if (error) this.#options.disk.datasync(segment.slot.file.fd, () => this.#succeed(segment))\n      else this.#succeed(segment)',
      },
    ],
    caughtBy: {
      file: 'packages/audit-trail/src/spool/disk-fault.test.ts',
      tests: ['an fdatasync error > loses nothing over a restart: what was acknowledged is there, once and in order'],
    },
  },
  {
    name: 'torn-frame-accepted',
    breaks: 'a frame of the spool is read although its checksum is wrong',
    provokedBy: 'a bit that flips on the disk',
    edits: [
      {
        file: 'packages/audit-trail/src/spool/frame.ts',
        find: 'if (buffer.readUInt32LE(offset) !== crc32c(buffer.subarray(offset + CHECKSUM_BYTES, end), salt)) return undefined',
        replace: 'if (crc32c(buffer.subarray(offset + CHECKSUM_BYTES, end), salt) < 0) return undefined',
      },
    ],
    caughtBy: {
      file: 'packages/audit-trail/src/spool/crash-image.test.ts',
      tests: ['a flipped bit anywhere in a frame ends the segment there'],
    },
  },
  {
    name: 'trimmed-before-acknowledgement',
    breaks: 'records leave the spool before the ledger has them',
    provokedBy: 'an audit service that does not answer, and a restart',
    edits: [
      {
        file: 'packages/audit-trail/src/shipper.ts',
        find: '    this.#sendAll()\n    return this.settle(',
        replace: '    this.#sendAll()\n    this.#options.trail.spool.acknowledge(batch)\n    return this.settle(',
      },
    ],
    caughtBy: {
      file: 'packages/audit-trail/src/shipper.test.ts',
      tests: ['the shipper > stopped before the sink answered: the next start sends again'],
    },
  },
  {
    name: 'audit-after-the-response',
    breaks: 'the answer does not wait until its record is on disk',
    provokedBy: 'a disk that is slow',
    edits: [
      {
        file: concluding,
        find: "headGate: mode === 'before_response' ? durable.gate : undefined",
        replace: 'headGate: undefined',
      },
    ],
    caughtBy: {
      file: durability,
      tests: [
        'before_response: the upstream works meanwhile, the client sees nothing until the record is on disk',
        'a disk that never takes the record: in every mode that waits for it the client gets not one byte',
      ],
    },
  },
  {
    name: 'refusal-not-recorded',
    breaks: 'a refusal is answered without a record',
    provokedBy: 'a request that is refused',
    edits: [
      {
        file: concluding,
        find: 'const decisionId = append(() => parts.trail.appendRefusal(entry, durable.settle))',
        replace: 'durable.settle()\n  const decisionId = append(() => parts.trail.nextDecisionId())',
      },
    ],
    caughtBy: {
      file: durability,
      tests: ['a spool that takes no more allowed requests: 503 on record, nothing at the upstream'],
    },
  },
  {
    name: 'audit-duplicates-kept',
    breaks:
      'the ledger does not look whether it has a record, and neither does Postgres: what comes again is stored twice',
    provokedBy: 'a restarted stream that sends its batch again',
    edits: [
      {
        file: 'services/audit/src/store/sort-arrivals.ts',
        find: '    const earlier = epoch.fresh.get(record.sequence)\n',
        replace: '    const earlier = epoch.fresh.get(-1n)\n',
      },
      {
        file: 'services/audit/src/store/sort-arrivals.ts',
        find: '} else if (covers(epoch.before, record.sequence)) {',
        replace: '} else if (epoch.before.last < 0n) {',
      },
      {
        file: 'services/audit/src/store/copy-decisions.ts',
        find: '  if (entries.length === 0) return\n',
        replace: `  if (entries.length === 0) return
  const part = tableOf(day)
  await client.query(\`ALTER TABLE \${part} DROP CONSTRAINT IF EXISTS \${part.slice(6)}_node_epoch_sequence_key\`)
`,
      },
    ],
    caughtBy: {
      file: ledger,
      tests: ['ingest > a restarted stream, overlapping batches and two senders at once store each record once'],
    },
  },
  {
    name: 'ledger-hides-holes',
    breaks: 'a sequence number that never came is not missed',
    provokedBy: 'records that get lost on the way',
    edits: [
      {
        file: 'services/audit/src/domain/coverage.ts',
        find: 'if (sequence > last + 1n) holes =',
        replace: 'if (sequence > last + 1n && last === 0n) holes =',
      },
    ],
    caughtBy: { file: ledger, tests: ['ingest > holes are reported, and close when the late records come'] },
  },
  {
    name: 'tree-grown-twice',
    breaks: 'two that grow the tree over the ledger take the same records: the root that is signed is of no ledger',
    provokedBy: 'several audit services that grow it at once',
    edits: [
      {
        file: 'services/audit/src/store/tree.ts',
        find: "'SELECT size, peaks FROM audit.tree FOR UPDATE'",
        replace: "'SELECT size, peaks FROM audit.tree'",
      },
    ],
    caughtBy: {
      file: 'services/audit/src/grpc/ledger-service.integration.test.ts',
      tests: ['several that grow the tree at once take each record once'],
    },
  },
  {
    name: 'record-dropped-before-hashed',
    breaks: 'the retention takes records away that no checkpoint covers yet: that they were there cannot be shown',
    provokedBy: 'a retention that overtakes the tree',
    edits: [
      {
        file: 'services/audit/src/store/days.ts',
        find: '<= (SELECT size FROM audit.tree)',
        replace: '>= 0',
      },
    ],
    caughtBy: {
      file: 'services/audit/src/store/days.integration.test.ts',
      tests: ['the retention drops days, and nothing of later ones; a dropped record that comes again is no new one'],
    },
  },
]
