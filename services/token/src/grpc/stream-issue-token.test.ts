import { setImmediate as turn } from 'node:timers/promises'
import {
  IssueTokenRequest,
  IssueTokenResponse,
  type StreamIssueTokenRequest,
} from '@gatehouse/contracts/token/v1/token_service'
import type { CallContext } from '@gatehouse/grpc-service'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { streamIssueToken } from './stream-issue-token.ts'

const context: CallContext = {
  ...{ caller: 'gateway', requestId: 'r', traceparent: undefined },
  signal: new AbortController().signal,
}
const response = IssueTokenResponse.create()

/** Of which a process of ours ends. */
const unhandled: unknown[] = []
const onUnhandled = (reason: unknown) => void unhandled.push(reason)
beforeEach(() => void process.on('unhandledRejection', onUnhandled))
afterEach(() => void process.off('unhandledRejection', onUnhandled))

/** One request, and then the connection breaks. */
async function* broken(): AsyncGenerator<StreamIssueTokenRequest> {
  yield { number: 1n, request: IssueTokenRequest.create() }
  await turn()
  throw new Error('Premature close')
}

test('a connection that breaks while a request is being answered ends its stream and nothing else', async () => {
  const held = Promise.withResolvers<IssueTokenResponse>()
  const responses = streamIssueToken(() => held.promise)(broken(), context)
  const first = responses.next()
  for (let turns = 0; turns < 5; turns++) await turn()
  held.resolve(response)
  expect(await first).toMatchObject({ value: { number: 1n, result: { $case: 'response', value: response } } })
  await expect(responses.next()).rejects.toThrow('Premature close')
  expect(unhandled).toEqual([])
})

test('a stream that is given up before its connection breaks leaves nothing behind', async () => {
  const responses = streamIssueToken(async () => response)(broken(), context)
  await responses.next()
  await responses.return(undefined)
  for (let turns = 0; turns < 5; turns++) await turn()
  expect(unhandled).toEqual([])
})
