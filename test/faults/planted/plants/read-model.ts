import type { Plant } from '../plant.ts'

const memory = 'packages/read-model/src/memory/memory-model.test.ts'
const redis = 'packages/read-model/src/redis/redis-model.integration.test.ts'
const fold = 'packages/read-model/src/memory/fold.ts'
const scripts = 'packages/read-model/src/redis/scripts.ts'
const cache = 'packages/read-model/src/cache.ts'
const cacheTests = 'packages/read-model/src/cache.test.ts'
const freshnessTests = 'packages/decision-state/src/freshness.test.ts'

const olderVersion = 'an older or equal version never replaces a newer one'
const tombstone = 'a deletion keeps its version, so a late older write does not bring the entry back'
const gap = 'a batch beyond what the model has is a gap and changes nothing'

/** What the gateways decide on: a fold of the log, never older than it says. */
export const readModelPlants: readonly Plant[] = [
  {
    name: 'version-check-dropped-in-memory',
    breaks: 'an older write replaces a newer one in the embedded read model',
    provokedBy: 'events that come late',
    edits: [
      {
        file: fold,
        find: 'if (present !== undefined && Number.parseInt(present, 10) >= write.version) continue',
        replace: 'if (present === encodeStoredText(write)) continue',
      },
    ],
    caughtBy: { file: memory, tests: [`read model: memory > ${olderVersion}`] },
  },
  {
    name: 'version-check-dropped-in-redis',
    breaks: 'an older write replaces a newer one in Redis',
    provokedBy: 'events that come late',
    edits: [
      {
        file: scripts,
        find: "if not present or less(string.match(present, '^%d+'), ARGV[i + 3]) then",
        replace: 'if true then',
      },
    ],
    caughtBy: { file: redis, tests: [`read model: Redis > ${olderVersion}`] },
  },
  {
    name: 'tombstone-dropped-in-memory',
    breaks: 'a deletion leaves nothing behind: a late older write brings the entry back',
    provokedBy: 'events that come late',
    edits: [
      {
        file: fold,
        find: '      this.#put(noun, id, write)\n',
        replace:
          "      if (write.state === 'deleted') this.tables[noun].delete(id)\n      else this.#put(noun, id, write)\n",
      },
    ],
    caughtBy: { file: memory, tests: [`read model: memory > ${tombstone}`] },
  },
  {
    name: 'tombstone-dropped-in-redis',
    breaks: 'a deletion leaves nothing behind in Redis: a late older write brings the entry back',
    provokedBy: 'events that come late',
    edits: [
      {
        file: scripts,
        find: "redis.call('HSET', hash, field, ARGV[i + 4])",
        replace:
          "if string.sub(ARGV[i + 4], -1) == '-' then redis.call('HDEL', hash, field) else redis.call('HSET', hash, field, ARGV[i + 4]) end",
      },
    ],
    caughtBy: { file: redis, tests: [`read model: Redis > ${tombstone}`] },
  },
  {
    name: 'gap-check-dropped-in-memory',
    breaks: 'events are applied although some before them are missing',
    provokedBy: 'a batch that is lost on the way',
    edits: [
      {
        file: fold,
        find: "if (position !== after) return position > after ? 'duplicate' : 'gap'",
        replace: "if (position > after) return 'duplicate'",
      },
    ],
    caughtBy: { file: memory, tests: [`read model: memory > ${gap}`] },
  },
  {
    name: 'gap-check-dropped-in-redis',
    breaks: 'events are applied to Redis although some before them are missing',
    provokedBy: 'a batch that is lost on the way',
    edits: [
      {
        file: scripts,
        find: "if less(after, at) then return {'duplicate'} elseif less(at, after) then return {'gap'} end",
        replace: "if less(after, at) then return {'duplicate'} end",
      },
    ],
    caughtBy: { file: redis, tests: [`read model: Redis > ${gap}`] },
  },
  {
    name: 'promoted-while-behind',
    breaks: 'a rebuilt model takes over although the one that serves is further',
    provokedBy: 'a rebuild while serving',
    edits: [
      {
        file: scripts,
        find: "if less(position(source), redis.call('HGET', KEYS[3 + half], source) or '0') then return {'behind'} end",
        replace: "if less(position(source), '0') then return {'behind'} end",
      },
    ],
    caughtBy: {
      file: redis,
      tests: ['read model: Redis > a candidate is built beside the serving generation and takes its place in one step'],
    },
  },
  {
    name: 'ended-credential-revived',
    breaks: 'a late event lets a revoked key in again',
    provokedBy: 'a key that is resumed after it was revoked',
    edits: [
      {
        file: 'packages/read-model/src/projections/api-key.ts',
        find: 'return before.state === ApiKeyState.API_KEY_STATE_REVOKED ? before : { ...before, state }',
        replace: 'return { ...before, state }',
      },
    ],
    caughtBy: {
      file: 'packages/read-model/src/projections/projection.test.ts',
      tests: ['a revoked key stays revoked whatever comes after'],
    },
  },
  {
    name: 'cache-not-invalidated',
    breaks: 'a gateway goes on with what it has cached after the credential has changed',
    provokedBy: 'a revocation of a key that was used before',
    edits: [{ file: cache, find: '    shelves.delete(key)\n    const flight', replace: '    const flight' }],
    caughtBy: {
      file: cacheTests,
      tests: [
        'in front of a store that is elsewhere > no order of changes and answers ever serves less than what was followed',
      ],
    },
  },
  {
    name: 'answer-under-way-believed',
    breaks: 'an answer that was read before a change is cached after it',
    provokedBy: 'a revocation while the key is being looked up',
    edits: [
      {
        file: cache,
        find: 'if (!flight.stale && reaches(positions, least))',
        replace: 'if (reaches(positions, least))',
      },
    ],
    caughtBy: {
      file: cacheTests,
      tests: [
        'in front of a store that is elsewhere > an answer that was under way when the key changed is not believed',
      ],
    },
  },
  {
    name: 'position-not-read-with-the-view',
    breaks: 'a view is believed from a store that stands before what was seen',
    provokedBy: 'an older replica of Redis that takes over',
    edits: [
      { file: cache, find: 'if (!flight.stale && reaches(positions, least))', replace: 'if (!flight.stale && least)' },
    ],
    caughtBy: {
      file: 'packages/read-model/src/redis/redis-faults.integration.test.ts',
      tests: ['an older replica takes over: everything is dropped, and the events since are taken again'],
    },
  },
  {
    name: 'changes-followed-over-a-gap',
    breaks: 'a gateway that missed changes goes on with what it has cached',
    provokedBy: 'changes that were trimmed away before they were followed',
    edits: [
      {
        file: 'packages/read-model/src/redis/follower.ts',
        find: 'if (!change || change.after !== (at.positions[change.source] ?? 0n)) return restart()',
        replace: 'if (!change) return restart()',
      },
    ],
    caughtBy: {
      file: 'packages/read-model/src/redis/redis-faults.integration.test.ts',
      tests: ['changes that were trimmed away: everything is dropped'],
    },
  },
  {
    name: 'fresh-by-heartbeat',
    breaks: 'the state counts as fresh whenever the log answers, whether its head was reached or not',
    provokedBy: 'a projector that stands still',
    edits: [
      {
        file: 'packages/decision-state/src/log-freshness.ts',
        find: 'next && position >= next.head;',
        replace: 'next;',
      },
      {
        file: 'packages/decision-state/src/log-freshness.ts',
        find: '      this.reached = next.head\n',
        replace: '      this.reached = position\n',
      },
    ],
    caughtBy: {
      file: freshnessTests,
      tests: ['a stopped projector: staleness grows from the first event that is not followed'],
    },
  },
  {
    name: 'lost-state-still-fresh',
    breaks: 'a state that was lost counts as fresh until the next probe',
    provokedBy: 'FLUSHALL',
    edits: [
      {
        file: 'packages/decision-state/src/log-freshness.ts',
        find: 'if (position < this.reached) this.#forget()',
        replace: 'if (position < 0n) this.#forget()',
      },
    ],
    caughtBy: {
      file: freshnessTests,
      tests: ['what was reached and got lost makes the state unknown until it is reached again'],
    },
  },
  {
    name: 'freshness-off',
    breaks: 'an operation that bounds staleness is decided on whatever state there is',
    provokedBy: 'a control plane that is away',
    edits: [
      {
        file: 'packages/decision-state/src/staleness.ts',
        find: 'if (maxStalenessMs !== undefined && provenStalenessMs > maxStalenessMs)',
        replace: 'if (maxStalenessMs !== undefined && provenStalenessMs < 0)',
      },
    ],
    caughtBy: {
      file: 'services/gateway/src/check/check.test.ts',
      tests: [
        'a request with every fault is refused for the first of the table, and each one that is mended shows the next',
      ],
    },
  },
]
