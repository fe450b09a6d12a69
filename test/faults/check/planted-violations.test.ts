import { expect, test } from 'vitest'
import type { Decision } from '../evidence.ts'
import type { Call, Command, Redemption } from '../history.ts'
import { checkLag } from './lag.ts'
import { checkModel } from './model.ts'
import { checkNewEnemy } from './new-enemy.ts'
import { checkOnce } from './once.ts'
import { checkRevocation } from './revocation.ts'
import { call, command, decision } from './stories.ts'
import { checkUpstreamHits } from './upstream-hits.ts'

const bound = { strictMs: 5_000, otherMs: 5_000, healedAt: 0 }

function redemption(more: Partial<Redemption> = {}): Redemption {
  const given = { spent: 'r1', kind: 'refresh', family: 'f', reuse: false, outcome: 'ok' } as const
  return { ...given, invokedAt: 100, endedAt: 110, successor: 'r2', tokenId: 't1', ...more }
}

test('the same successor again, one code once, and the death of a family are in order', () => {
  const code = redemption({ kind: 'code', spent: 'c', successor: 'r1' })
  const reuse = redemption({ reuse: true, outcome: 'fail', successor: undefined, tokenId: undefined, invokedAt: 500 })
  expect(checkOnce({ commands: [], calls: [], redemptions: [code, redemption(), redemption(), reuse] })).toEqual([])
})

test.each<[string, Redemption[]]>([
  ['a code that gives twice', [redemption({ kind: 'code' }), redemption({ kind: 'code', tokenId: 't2' })]],
  ['a refresh token with two successors', [redemption(), redemption({ successor: 'r3' })]],
  ['an old refresh token that still gives', [redemption({ reuse: true })]],
  [
    'a family that outlives a reuse',
    [redemption({ reuse: true, outcome: 'fail' }), redemption({ spent: 'r9', invokedAt: 200 })],
  ],
])('%s is found', (_, redemptions) => {
  expect(checkOnce({ commands: [], calls: [], redemptions }).length).toBeGreaterThan(0)
})

test.each<[string, Command[], Redemption[]]>([
  ['a revoked token', [command({ action: 'revoke_token', keyId: 't1' })], []],
  [
    'what a revoked token was exchanged for',
    [command({ action: 'revoke_token', keyId: 't0' })],
    [redemption({ kind: 'exchange', spent: 't0' })],
  ],
  [
    'a token of a family that a reuse ended',
    [],
    [redemption(), redemption({ reuse: true, outcome: 'fail', tokenId: undefined })],
  ],
])('%s that is let in late is found', (_, commands, redemptions) => {
  const late = call({ keyId: 't1', invokedAt: 7_000 })
  expect(checkRevocation({ commands, calls: [late], redemptions }, bound)).toHaveLength(1)
  const early = call({ keyId: 't1', invokedAt: 5_000 })
  expect(checkRevocation({ commands, calls: [early], redemptions }, bound)).toEqual([])
})

test('a key that is resumed is let in; before that its suspension counts', () => {
  const commands = [command({ action: 'suspend' }), command({ action: 'resume', invokedAt: 9_000, endedAt: 9_100 })]
  const at = (ms: number) => call({ invokedAt: ms, endedAt: ms + 10 })
  expect(checkRevocation({ commands, calls: [at(9_050)] }, bound)).toEqual([])
  expect(checkRevocation({ commands, calls: [at(8_000)] }, bound)).toHaveLength(1)
})

test('a fault that hinders excuses what is not strict until it has settled, and no longer', () => {
  const fault = { name: 'link', from: 2_000, to: 8_000, settledAt: 9_000, hinders: true }
  const found = (invokedAt: number, strict = false) =>
    checkRevocation({ commands: [command()], calls: [call({ invokedAt, strict })], faults: [fault] }, bound)
  expect(found(13_000)).toEqual([])
  expect(found(14_001)).toHaveLength(1)
  expect(found(6_001, true)).toHaveLength(1)
})

test('what is published after the end of a key, read with the positions of both, is found', () => {
  const publication = command({ action: 'publish', keyId: 'x', id: 'x', invokedAt: 1_100, position: 'policy:9' })
  const read = (more: Partial<Call>) => call({ invokedAt: 1_200, endedAt: 1_210, operation: 'x', ...more })
  const found = (more: Partial<Call>) => checkNewEnemy({ commands: [command(), publication], calls: [read(more)] })
  expect(found({ position: 'credential:3,policy:9' })).toHaveLength(1)
  expect(found({ position: 'credential:3,policy:9', status: 401 })).toEqual([])
  expect(found({ position: 'credential:3,policy:9', keyId: 'k2' })).toEqual([])
})

test('a request at the upstream that was refused, or has no record, is found', () => {
  const found = (requestId: string, record: Partial<Decision>, recordedAhead = false) =>
    checkUpstreamHits([{ requestId, recordedAhead }], [decision(record)])
  expect(found('a-1', { requestId: 'a-1' })).toEqual([])
  expect(found('a-1', { requestId: 'a-1', allowed: false })).toHaveLength(1)
  expect(found('a-2', { requestId: 'a-z' })).toHaveLength(1)
  expect(found('', { requestId: 'a-z' })).toHaveLength(1)
})

test('what a killed gateway was busy with may be without a record, but not where that goes ahead', () => {
  const found = (recordedAhead: boolean) =>
    checkUpstreamHits([{ requestId: 'a-11', recordedAhead }], [decision({ requestId: 'a-10' })])
  expect(found(false)).toEqual([])
  expect(found(true)).toHaveLength(1)
})

test('what still lags after a minute is found', () => {
  const fault = { name: 'kill gateway', from: 0, to: 1_000, hinders: true }
  expect(checkLag({ faults: [{ ...fault, settledAt: 61_000 }] })).toEqual([])
  expect(checkLag({ faults: [{ ...fault, settledAt: 61_001 }] })).toHaveLength(1)
  expect(checkLag({ faults: [{ ...fault, settledAt: undefined }] })).toHaveLength(1)
})

test('a model that is not the fold, or stands elsewhere, is found', () => {
  const fold = { positions: { credential: 3n }, digest: 'aa' }
  expect(checkModel(fold, { ...fold })).toEqual([])
  expect(checkModel({ ...fold, digest: 'ab' }, fold)).toHaveLength(1)
  expect(checkModel({ ...fold, positions: { credential: 2n } }, fold)).toHaveLength(1)
})
