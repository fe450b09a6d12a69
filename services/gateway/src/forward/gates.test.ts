import { afterEach, expect, test } from 'vitest'
import { before, closeAll, GET, nodeServer, rawUpstream } from '../../test/forwarding.ts'
import { connect, exchangeOnce } from '../../test/raw.ts'

afterEach(closeAll)

test('the upstream sees nothing before the send gate, the client nothing before the head gate', async () => {
  const order: string[] = []
  const gates: Record<string, () => void> = {}
  const gate = (name: string) => () =>
    new Promise<void>((resolve) => {
      order.push(`${name} asked`)
      gates[name] = () => {
        order.push(`${name} opens`)
        resolve()
      }
    })
  const port = await nodeServer((_, response) => {
    order.push('upstream')
    response.end('body')
  })
  const gateway = await before(port, { plan: { sendGate: gate('send'), headGate: gate('head') } })
  const peer = await connect(gateway.port)
  peer.send(GET)
  await expect.poll(() => order).toEqual(['send asked'])
  gates['send']?.()
  await expect.poll(() => order).toEqual(['send asked', 'send opens', 'upstream', 'head asked'])
  expect(peer.text).toBe('')
  gates['head']?.()
  expect(await peer.all()).toMatch(/^HTTP\/1\.1 200 .*body$/s)
})

test.each(['sendGate', 'headGate'] as const)('a %s that rejects or throws answers as the plan says', async (name) => {
  let requests = 0
  const port = await nodeServer((_, response) => {
    requests++
    response.end('secret')
  })
  const rejecting = () => Promise.reject(new Error('disk full'))
  const throwing = () => {
    throw new Error('disk full')
  }
  for (const gate of [rejecting, throwing]) {
    const gateway = await before(port, { plan: { [name]: gate } })
    const answer = await exchangeOnce(gateway.port, GET)
    expect(answer).toMatch(/^HTTP\/1\.1 503 .*gate_failed$/s)
    expect(gateway.outcomes).toMatchObject([{ status: 503, failure: 'gate_failed', end: 'complete' }])
  }
  expect(requests).toBe(name === 'sendGate' ? 0 : 2)
})

test('a response with its end of connection waits for the head gate whole', async () => {
  const server = await rawUpstream((peer) => {
    peer.socket.on('data', () => peer.socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it'))
  })
  const gateway = await before(server.port, {
    plan: { headGate: () => new Promise((resolve) => setTimeout(resolve, 50)) },
  })
  expect(await exchangeOnce(gateway.port, GET)).toContain('\r\n9\r\nall of it\r\n0\r\n\r\n')
})

test('a failure too waits for the head gate', async () => {
  const asked: (() => void)[] = []
  const gateway = await before(1, { plan: { headGate: () => new Promise((resolve) => asked.push(resolve)) } })
  const peer = await connect(gateway.port)
  peer.send(GET)
  await expect.poll(() => asked.length).toBe(1)
  expect(peer.text).toBe('')
  asked[0]?.()
  expect(await peer.all()).toMatch(/upstream_connect_failed$/)
})
