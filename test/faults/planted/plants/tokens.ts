import type { Plant } from '../plant.ts'

const codes = 'services/token/src/issue/code.integration.test.ts'
const refreshing = 'services/token/src/issue/refresh.integration.test.ts'
const views = 'packages/decision-state/src/load-views.ts'

/** A code once, a refresh token once, a revoked token never. */
export const tokenPlants: readonly Plant[] = [
  {
    name: 'code-read-then-write',
    breaks: 'a code is redeemed on what was read before the transaction: of many at once several win',
    provokedBy: '50 redemptions of one code at once, at two instances',
    edits: [
      {
        file: 'services/token/src/issue/redeem-code.ts',
        find: '  const time = new Date()\n',
        replace: '  const time = new Date()\n  const read = await parts.grants.byId(grantId)\n',
      },
      {
        file: 'services/token/src/issue/redeem-code.ts',
        find: 'return { events: { device: ofDevice, grant: decider.decide(command, grant) } }',
        replace:
          'return { events: { device: ofDevice, grant: decider.decide(command, grant && read ? { ...grant, state: read.state } : grant) } }',
      },
    ],
    caughtBy: {
      file: codes,
      tests: ['replayed > 50 at once, at two instances: one wins, none of the others gets anything'],
    },
  },
  {
    name: 'code-replay-tolerated',
    breaks: 'a code that comes again revokes nothing',
    provokedBy: 'a code that is redeemed twice',
    edits: [
      {
        file: 'services/token/src/domain/grant/redeem.ts',
        find: 'return [revoked(found, GrantRevocationReason.GRANT_REVOCATION_REASON_CODE_REPLAYED, time)]',
        replace: 'void [revoked, GrantRevocationReason]\n    return []',
      },
    ],
    caughtBy: { file: codes, tests: ['replayed > the family is revoked, with every token of it'] },
  },
  {
    name: 'refresh-read-then-write',
    breaks: 'a refresh token is rotated on what was read before the transaction: one token has many successors',
    provokedBy: '50 refreshes at once, at two instances',
    edits: [
      {
        file: 'services/token/src/issue/grant-types/refresh-token.ts',
        find: '  const { states } = await transact(parts.store, {',
        replace: `  const before = await transact(parts.store, {
    streams: { grant: streams.grant(grantId) },
    decide: () => ({ events: {} }),
  })
  const { states } = await transact(parts.store, {`,
      },
      {
        file: 'services/token/src/issue/grant-types/refresh-token.ts',
        find: 'return { events: { grant: decider.decide(command, grant) } }',
        replace: 'return { events: { grant: decider.decide(command, grant && before.states.grant) } }',
      },
    ],
    caughtBy: {
      file: refreshing,
      tests: ['50 at once, at two instances > one family: all get the same successor, which works'],
    },
  },
  {
    name: 'refresh-reuse-not-detected',
    breaks: 'a refresh token that was used before is answered, and its family lives on',
    provokedBy: 'a stolen refresh token',
    edits: [
      {
        file: 'services/token/src/domain/grant/refresh.ts',
        find: 'const retried = command.generation === generation - 1n && ageMs < retryWindowMs',
        replace: 'const retried = command.generation < generation && ageMs < retryWindowMs * 1e6',
      },
    ],
    caughtBy: {
      file: refreshing,
      tests: ['50 at once, at two instances > reuse: the family dies once, nobody gets anything'],
    },
  },
  {
    name: 'broken-stream-ends-process',
    breaks: 'the token service ends when the connection of a gateway breaks while it answers',
    provokedBy: 'a connection that breaks',
    edits: [
      {
        file: 'services/token/src/grpc/stream-issue-token.ts',
        find: '    reading.catch(() => undefined)\n',
        replace: '',
      },
    ],
    caughtBy: {
      file: 'services/token/src/grpc/stream-issue-token.test.ts',
      tests: ['a connection that breaks while a request is being answered ends its stream and nothing else'],
    },
  },
  {
    name: 'deny-list-not-consulted',
    breaks: 'the list of revoked tokens is not looked at',
    provokedBy: 'a revoked token',
    edits: [{ file: views, find: '    cache.revokedToken(environmentId, tokenId),\n', replace: '    absent,\n' }],
    caughtBy: {
      file: 'packages/decision-state/src/load-views.test.ts',
      tests: ['what revokes a token, known at once > the revocation of j1, the token or what it was exchanged from'],
    },
  },
  {
    name: 'origin-not-consulted',
    breaks: 'a token lives on when the one it was exchanged from is revoked',
    provokedBy: 'a revoked subject token',
    edits: [
      {
        file: views,
        find: '    ...originTokenIds.map((origin) => cache.revokedToken(environmentId, origin)),\n',
        replace: '',
      },
    ],
    caughtBy: {
      file: 'packages/decision-state/src/load-views.test.ts',
      tests: ['what revokes a token, known at once > the revocation of j0, the token or what it was exchanged from'],
    },
  },
  {
    name: 'verdict-remembered-by-text',
    breaks: 'what was found of a token is remembered with its text: a revocation after its first use changes nothing',
    provokedBy: 'a token that is used, revoked and used again',
    edits: [
      {
        file: views,
        find: 'if (last?.denials === denials && last.cache === cache &&',
        replace: 'if (last && last.cache === cache &&',
      },
    ],
    caughtBy: {
      file: 'services/gateway/src/check/authenticate/access-token.test.ts',
      tests: ['revocation > token_revoked: the token and every respelling of it are refused from then on'],
    },
  },
  {
    name: 'token-known-by-text',
    breaks:
      'tokens are told apart by their text: the other spelling of a signature is another token that nobody revoked',
    provokedBy: 'a revoked token with the other spelling of its signature',
    edits: [
      {
        file: 'packages/token-verifier/src/access-token/token-verifier.ts',
        find: "return header.alg !== 'ES256' || hasLowS(signature)",
        replace: "return header.alg !== 'ES256' || hasLowS(signature) || signature.length > 0",
      },
      {
        file: 'packages/token-verifier/src/access-token/token-verifier.ts',
        find: "const verification = { kind: 'verified', token } as const",
        replace:
          "const known = hasLowS(jws.signature) ? token : { ...token, tokenId: text }\n    const verification = { kind: 'verified', token: known } as const",
      },
    ],
    caughtBy: {
      file: 'services/gateway/src/check/authenticate/access-token.test.ts',
      tests: ['revocation > token_revoked: the token and every respelling of it are refused from then on'],
    },
  },
  {
    name: 'proof-replayed',
    breaks: 'a DPoP proof is taken as often as it is shown',
    provokedBy: '50 uses of one proof at once',
    edits: [
      {
        file: 'services/gateway/src/proofs/memory.ts',
        find: 'if (current.has(proofId) || before.has(proofId)) return false',
        replace: 'if (before.has(proofId)) return false',
      },
    ],
    caughtBy: {
      file: 'services/gateway/src/check/authenticate/dpop.test.ts',
      tests: ['50 parallel uses of one proof have one winner'],
    },
  },
]
