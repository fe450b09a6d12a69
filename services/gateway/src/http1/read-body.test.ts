import { afterEach, expect, test } from 'vitest'
import { connect, exchangeOnce, startServer } from '../../test/raw.ts'
import type { BodyFault, Exchange } from './exchange.ts'
import type { Http1Limits } from './limits.ts'

const close: (() => unknown)[] = []
afterEach(() => Promise.all(close.splice(0).map((one) => one())))

const statuses: Readonly<Record<BodyFault, number>> = {
  body_too_large: 413,
  body_malformed: 400,
  body_timeout: 408,
  client_gone: 500,
}

/** Answers with the body it was given, of 10 bytes at most within 300 ms. */
async function start(limits: Partial<Http1Limits> = {}, settled: () => Promise<void> = async () => undefined) {
  const read: (string | BodyFault)[] = []
  const handle = async (exchange: Exchange) => {
    const body = await exchange.readBody(10, 300)
    read.push(typeof body === 'string' ? body : Buffer.from(body).toString('latin1'))
    await settled()
    const status = typeof body === 'string' ? statuses[body] : 200
    exchange.answer({ status, headers: {}, body: typeof body === 'string' ? body : `<${Buffer.from(body)}>` })
  }
  const gateway = await startServer(handle, { limits })
  close.push(gateway.close)
  return { ...gateway, read }
}

const post = (headers: string, body = '') => `POST / HTTP/1.1\r\nHost: a\r\n${headers}\r\n\r\n${body}`
const length = (bytes: number) => `Content-Length: ${bytes}`
const chunked = 'Transfer-Encoding: chunked'
const last = '\r\nConnection: close'
const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1])

test('a body with a length, in chunks, empty, or none', async () => {
  const { port } = await start()
  const answers = [
    await exchangeOnce(port, post(length(10) + last, '0123456789')),
    await exchangeOnce(port, post(chunked + last, '5\r\n01234\r\n5;x=y\r\n56789\r\n0\r\nX-Trailer: t\r\n\r\n')),
    await exchangeOnce(port, post(length(0) + last)),
    await exchangeOnce(port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
  ]
  expect(answers.map((answer) => answer.split('\r\n\r\n')[1])).toEqual(['<0123456789>', '<0123456789>', '<>', '<>'])
})

test('a body cut at every byte, and the next request on the same connection', async () => {
  const { port } = await start()
  const peer = await connect(port)
  const request = post(chunked, '3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n')
  for (let cut = 1; cut < request.length; cut++) {
    peer.text = ''
    peer.send(request.slice(0, cut))
    await new Promise((resolve) => setImmediate(resolve))
    peer.send(request.slice(cut))
    expect(await peer.until(/<.*>$/)).toMatch(/^HTTP\/1\.1 200 .*<abcdef>$/s)
  }
  peer.socket.destroy()
})

test('pipelined bodies are told apart', async () => {
  const { port, read } = await start()
  const peer = await connect(port)
  peer.send(post(length(3), 'one') + post(chunked, '3\r\ntwo\r\n0\r\n\r\n') + post(length(5) + last, 'three'))
  await peer.all()
  expect(read).toEqual(['one', 'two', 'three'])
})

test('a body that says it is too large is refused unread, and no 100 (Continue) asks for it', async () => {
  const { port } = await start()
  const answer = await exchangeOnce(port, post(`${length(11)}\r\nExpect: 100-continue`))
  expect(answer).toMatch(/^HTTP\/1\.1 413 .*Connection: close.*body_too_large$/s)
})

test('chunks that grow too large are refused, kept or not, and the connection closes', async () => {
  const answered = Promise.withResolvers<void>()
  const gateway = await start({}, () => answered.promise)
  const peer = await connect(gateway.port)
  peer.send(post(chunked, `b\r\n0123456789a\r\n`))
  for (let more = 0; more < 20; more++) peer.send(`ff\r\n${'x'.repeat(255)}\r\n`)
  await expect.poll(() => gateway.read).toEqual(['body_too_large'])
  answered.resolve()
  expect(await peer.all()).toMatch(/^HTTP\/1\.1 413 .*Connection: close/s)
  peer.socket.destroy()
})

test('Expect: 100-continue is answered, once the body is wanted', async () => {
  const { port } = await start()
  const peer = await connect(port)
  peer.send(post(`${length(3)}\r\nExpect: 100-continue${last}`))
  await peer.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
  peer.send('abc')
  expect(await peer.all()).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 .*<abc>$/s)
  peer.socket.destroy()
})

test('100 Continue comes behind the answer to the request before it', async () => {
  const { port } = await start()
  const peer = await connect(port)
  peer.send(post(length(1), 'a') + post(`${length(3)}\r\nExpect: 100-continue${last}`))
  await peer.until(/^HTTP\/1\.1 200 .*<a>HTTP\/1\.1 100 Continue\r\n\r\n$/s)
  peer.send('abc')
  expect(await peer.all()).toMatch(/HTTP\/1\.1 200 .*<abc>$/s)
  peer.socket.destroy()
})

test('a body that drips is refused when its time is over, however alive its client is', async () => {
  const { port } = await start({ bodyIdleMs: 10_000 })
  const peer = await connect(port)
  peer.send(post(length(9)))
  const drip = setInterval(() => peer.socket.write('x'), 60)
  const answer = await peer.all()
  clearInterval(drip)
  expect(answer).toMatch(/^HTTP\/1\.1 408 .*Connection: close.*body_timeout$/s)
  peer.socket.destroy()
})

test.each([
  ['underscore in the size', '0_2e\r\n'],
  ['space before the size', ' a\r\n0123456789\r\n0\r\n\r\n'],
  ['no size', 'zz\r\n'],
  ['data longer than its size', '2\r\nabc\r\n'],
  ['open quote in an extension', '5;x="\r\nabcde\r\n0\r\n\r\n'],
  ['extension of 1 MB', `5;x=${'y'.repeat(1_000_000)}\r\nabcde\r\n0\r\n\r\n`],
  ['trailer of 1 MB', `0\r\nX: ${'y'.repeat(1_000_000)}\r\n\r\n`],
])('a chunked body with %s is refused, and what follows is no request', async (_, body) => {
  const gateway = await start()
  const answer = await exchangeOnce(gateway.port, post(chunked, `${body}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`))
  expect(statusOf(answer)).toBe(400)
  expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1)
  expect(gateway.seen).toEqual(['POST /'])
})

test('a client that leaves in the midst ends the wait', async () => {
  const gateway = await start()
  const peer = await connect(gateway.port)
  peer.send(post(length(9), 'half'))
  await expect.poll(() => gateway.seen.length).toBe(1)
  peer.socket.destroy()
  expect(await gateway.outcome()).toMatchObject({ end: 'client_aborted' })
  await expect.poll(() => gateway.read).toEqual(['client_gone'])
})

test('a handler that has the body and does not decide is cut short', async () => {
  const gateway = await start({ decisionMs: 200 }, () => new Promise(() => undefined))
  expect(statusOf(await exchangeOnce(gateway.port, post(length(3) + last, 'abc')))).toBe(500)
  expect(await gateway.outcome()).toMatchObject({ failure: 'handler_failed' })
})

test('a slow body within its time is not cut by the bound on decisions', async () => {
  const { port } = await start({ decisionMs: 50 })
  const peer = await connect(port)
  peer.send(post(length(3) + last, 'a'))
  await new Promise((resolve) => setTimeout(resolve, 200))
  peer.send('bc')
  expect(await peer.all()).toMatch(/^HTTP\/1\.1 200 .*<abc>$/s)
  peer.socket.destroy()
})
