import { EventEmitter } from 'node:events'
import {
  Endpoint,
  IssueTokenRequest,
  IssueTokenResponse,
  type StreamIssueTokenRequest,
  type StreamIssueTokenResponse,
} from '@gatehouse/contracts/token/v1/token_service'
import { expect, test } from 'vitest'
import { IssueTokenStream } from './issue-token-stream.ts'

class FakeStream extends EventEmitter {
  readonly sent: StreamIssueTokenRequest[] = []
  cancelled = false

  write(request: StreamIssueTokenRequest): boolean {
    this.sent.push(request)
    return true
  }

  cancel(): void {
    this.cancelled = true
  }

  answer(number: bigint, reason: string): void {
    const value = { ...IssueTokenResponse.create(), facts: { ...response.facts, reason } }
    this.emit('data', { number, result: { $case: 'response', value } } as StreamIssueTokenResponse)
  }
}

const response = IssueTokenResponse.fromPartial({ facts: { reason: 'ok' } }) as Required<IssueTokenResponse>
const request: IssueTokenRequest = { ...IssueTokenRequest.create(), endpoint: Endpoint.create() }

function start(options: { inFlightMax?: number; deadlineMs?: number } = {}) {
  const streams: FakeStream[] = []
  const open = () => {
    const stream = new FakeStream()
    streams.push(stream)
    return stream as never
  }
  return { streams, stream: new IssueTokenStream({ open, ...options }) }
}

test('answers find their requests, in whatever order they come, over one stream', async () => {
  const { streams, stream } = start()
  const asked = [stream.issue(request), stream.issue(request), stream.issue(request)]
  expect(streams).toHaveLength(1)
  expect(streams[0]?.sent.map(({ number }) => number)).toEqual([1n, 2n, 3n])
  for (const number of [3n, 1n, 2n]) streams[0]?.answer(number, `answer_${number}`)
  const reasons = (await Promise.all(asked)).map(({ facts }) => facts?.reason)
  expect(reasons).toEqual(['answer_1', 'answer_2', 'answer_3'])
})

test('a stream that ends fails what waits on it, once, and the next request opens another', async () => {
  for (const end of ['end', 'error']) {
    const { streams, stream } = start()
    const lost = stream.issue(request)
    streams[0]?.emit(end, new Error('gone'))
    await expect(lost).rejects.toMatchObject({ status: 'UNAVAILABLE' })
    const next = stream.issue(request)
    streams[0]?.emit('error', new Error('gone again'))
    streams[1]?.answer(2n, 'ok')
    expect((await next).facts?.reason).toBe('ok')
    expect(streams).toHaveLength(2)
  }
})

test('a request is not waited for longer than its deadline, and its late answer is nobody’s', async () => {
  const { streams, stream } = start({ deadlineMs: 50 })
  await expect(stream.issue(request)).rejects.toMatchObject({ status: 'DEADLINE_EXCEEDED' })
  streams[0]?.answer(1n, 'late')
  const second = stream.issue(request)
  streams[0]?.answer(2n, 'in time')
  expect((await second).facts?.reason).toBe('in time')
})

test('what does not fit is refused at once; an answer makes room', async () => {
  const { streams, stream } = start({ inFlightMax: 1 })
  const first = stream.issue(request)
  await expect(stream.issue(request)).rejects.toMatchObject({ status: 'UNAVAILABLE', reason: 'OVERLOADED' })
  streams[0]?.answer(1n, 'ok')
  await first
  const third = stream.issue(request)
  streams[0]?.answer(2n, 'ok')
  await third
})

test('a request that failed as a whole says whether it may be tried again', async () => {
  const { streams, stream } = start()
  const cases = [
    [14, 'UNAVAILABLE'],
    [13, 'INTERNAL'],
  ] as const
  for (const [index, [code, status]] of cases.entries()) {
    const asked = stream.issue(request)
    streams[0]?.emit('data', { number: BigInt(index + 1), result: { $case: 'statusCode', value: code } })
    await expect(asked).rejects.toMatchObject({ status })
  }
})

test('close ends the stream', () => {
  const { streams, stream } = start()
  stream.issue(request).catch(() => undefined)
  stream.close()
  expect(streams[0]?.cancelled).toBe(true)
  streams[0]?.emit('end')
})
