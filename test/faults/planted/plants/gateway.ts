import type { Plant } from '../plant.ts'

/** What a client could gain at the edge. */
export const gatewayPlants: readonly Plant[] = [
  {
    name: 'limits-not-counted-in-memory',
    breaks: 'requests are not counted against their limits',
    provokedBy: 'more requests than the burst',
    edits: [
      {
        file: 'services/gateway/src/counters/memory.ts',
        find: 'if (answers.every(isAllowed))',
        replace: 'if (!answers.some(isAllowed))',
      },
    ],
    caughtBy: {
      file: 'services/gateway/src/counters/memory.test.ts',
      tests: ['memory counters > a burst is let through, and nothing beyond it'],
    },
  },
  {
    name: 'limits-not-counted-in-redis',
    breaks: 'requests are not counted against the limits that gateways share',
    provokedBy: 'parallel requests, more than the burst',
    edits: [
      {
        file: 'services/gateway/src/counters/redis.ts',
        find: "const script = readFileSync(new URL('./consume.lua', import.meta.url), 'utf8')",
        replace:
          "const script = readFileSync(new URL('./consume.lua', import.meta.url), 'utf8').replace('if allowed then', 'if not allowed then')",
      },
    ],
    caughtBy: {
      file: 'services/gateway/src/counters/redis.integration.test.ts',
      tests: ['Redis counters > parallel requests never exceed the burst'],
    },
  },
  {
    name: 'spoofed-header-passed-on',
    breaks: 'a header that only the gateway may set passes when it is spelt with an underscore',
    provokedBy: 'x_user_id: root',
    edits: [
      {
        file: 'services/gateway/src/forward/name-set.ts',
        find: 'if (sameFolded(text, start, end, name)) return true',
        replace: "if (!text.slice(start, end).includes('_') && sameFolded(text, start, end, name)) return true",
      },
    ],
    caughtBy: {
      file: 'services/gateway/src/forward/spoofing.test.ts',
      tests: ['x_user_id: root does not reach the upstream'],
    },
  },
  {
    name: 'connection-removes-ours',
    breaks: 'a client can have a header removed that the gateway adds, by naming it in Connection',
    provokedBy: 'Connection: X-User-Id',
    edits: [
      {
        file: 'services/gateway/src/forward/request-lines.ts',
        find: '+ headerLines(plan.addHeaders)}',
        replace: "+ (client.connectionNames ? '' : headerLines(plan.addHeaders))}",
      },
    ],
    caughtBy: {
      file: 'services/gateway/src/forward/spoofing.test.ts',
      tests: ['Connection cannot remove what the gateway adds'],
    },
  },
  {
    name: 'demanded-position-ignored',
    breaks: 'a caller that demands a position is answered from an older state',
    provokedBy: 'a revocation, and a request at its position',
    edits: [
      {
        file: 'services/gateway/src/check/check.ts',
        find: 'const reached = positions && (await parts.state.reached(positions))',
        replace: 'const reached = positions !== undefined',
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
