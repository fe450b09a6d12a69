import type { ListDecisionsRequest } from '@gatehouse/contracts/audit/v1/audit_service'
import { DecisionRecord } from '@gatehouse/contracts/audit/v1/decision_record'
import { notFound } from '@gatehouse/errors'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answers, startTestConsole } from './testing/running-console.ts'

const answers: Answers = {}
let console: Awaited<ReturnType<typeof startTestConsole>>

beforeAll(async () => {
  console = await startTestConsole(answers)
})

afterAll(() => console.close())

const decision = (sequence: number) =>
  DecisionRecord.fromPartial({
    decisionId: `gw.1.${sequence}`,
    time: new Date('2026-11-23T04:00:00Z'),
    reason: 'api_key_revoked',
    record: {
      node: 'gw',
      epoch: 1n,
      sequence: BigInt(sequence),
      json: Buffer.from(`{"n":${sequence},"deep":{"x":[1]}}`),
    },
  })

const shown = (sequence: number) => ({
  decision_id: `gw.1.${sequence}`,
  time: '2026-11-23T04:00:00.000Z',
  allowed: false,
  reason: 'api_key_revoked',
  record: { n: sequence, deep: { x: [1] } },
})

test('lists decisions by filter, with the record as its node wrote it', async () => {
  let request: ListDecisionsRequest | undefined
  answers.audit = {
    async listDecisions(message) {
      request = message
      return { decisions: [decision(2), decision(1)], nextPageToken: '' }
    },
  }
  const reply = await console.send(
    '/v1/decisions?allowed=false&client_id=c1&start_time=2026-11-23T00:00:00Z&page_size=2',
  )
  expect(request).toMatchObject({
    filter: { allowed: false, clientId: 'c1', startTime: new Date('2026-11-23T00:00:00Z') },
    pageSize: 2,
  })
  expect(reply.body.decisions).toMatchObject([shown(2), shown(1)])
})

test('an absent filter for allowed is absent', async () => {
  let request: ListDecisionsRequest | undefined
  answers.audit = {
    async listDecisions(message) {
      request = message
      return { decisions: [], nextPageToken: '' }
    },
  }
  expect((await console.send('/v1/decisions')).body).toEqual({ decisions: [] })
  expect(request?.filter?.allowed).toBeUndefined()
})

test('404 for a decision that is not there', async () => {
  answers.audit = { getDecision: ({ decisionId }) => Promise.reject(notFound('decision', decisionId)) }
  expect((await console.send('/v1/decisions/gw.1.9')).body).toMatchObject({ status: 404, code: 'decision_not_found' })
})

test('completeness shows the holes', async () => {
  answers.audit = {
    getCompleteness: async () => ({
      nodes: [
        {
          ...{ node: 'gw', epoch: 1n, lastSequence: 9n, recordCount: 7n },
          holes: [{ node: 'gw', epoch: 1n, firstMissing: 3n, lastMissing: 4n }],
        },
      ],
    }),
  }
  expect((await console.send('/v1/completeness')).body.nodes).toEqual([
    {
      ...{ node: 'gw', epoch: 1, last_sequence: 9, record_count: 7 },
      holes: [{ node: 'gw', epoch: 1, first_missing: 3, last_missing: 4 }],
    },
  ])
})

test.each([
  ['lines of JSON', 'application/x-ndjson', (text: string) => text],
  ['events', 'text/event-stream', (text: string) => text.replace(/^data: /, '')],
])('follows decisions live as %s, and stops behind when the follower leaves', async (_, accept, strip) => {
  const { promise: left, resolve: leave } = Promise.withResolvers<void>()
  answers.audit = {
    async *tailDecisions({ filter }, { signal }) {
      expect(filter?.clientId).toBe('c1')
      yield { decision: decision(1) }
      yield { decision: decision(2) }
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      leave()
    },
  }
  const follower = new AbortController()
  const response = await fetch(`http://${console.address}/v1/decisions/follow?client_id=c1`, {
    headers: { authorization: `Bearer ${console.admin}`, accept },
    signal: follower.signal,
  })
  expect(response.headers.get('content-type')).toBe(accept)
  const seen: string[] = []
  let text = ''
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk
    seen.splice(0, seen.length, ...text.split('\n').filter((line) => line !== '' && !line.startsWith(':')))
    if (seen.length === 2) break
  }
  follower.abort()
  expect(seen.map((line) => JSON.parse(strip(line)))).toMatchObject([shown(1), shown(2)])
  await left
})

test('401 for a follower without a token', async () => {
  expect((await console.send('/v1/decisions/follow', { token: undefined })).status).toBe(401)
})
