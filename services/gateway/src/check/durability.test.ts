import { SpoolFull } from '@gatehouse/audit-trail'
import { waitFor } from '@gatehouse/testkit'
import { afterEach, expect, test, vi } from 'vitest'
import { type Deciding, deciding } from '../../test/deciding.ts'
import { key } from '../../test/deciding-facts.ts'
import { connect, exchangeOnce } from '../../test/raw.ts'

let gateway: Deciding
afterEach(() => gateway.close())

const request = (method: string, target: string, more = '') =>
  `${method} ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\nX-API-Key: ${key}\r\n${more}\r\n`

async function asked(method: string, target: string) {
  const peer = await connect(gateway.port)
  peer.send(request(method, target))
  return peer
}

/** An exchange from end to end that waits for no record: whatever did not wait either has happened by then. */
async function anotherIsAnswered(): Promise<void> {
  expect(await exchangeOnce(gateway.port, request('PUT', '/orders/items'))).toMatch(/^HTTP\/1\.1 (200|401) /)
}

test('write_ahead: the upstream sees nothing until the record is on disk', async () => {
  gateway = await deciding()
  await gateway.put.all()
  gateway.disk.hold()
  const peer = await asked('POST', '/orders/items')
  await expect.poll(() => gateway.trail.nextDecisionId()).toMatch(/\.2$/)
  await anotherIsAnswered()
  expect(gateway.upstream.requests.map(({ method }) => method)).toEqual(['PUT'])
  gateway.disk.release()
  expect(await peer.all()).toMatch(/^HTTP\/1\.1 200 /)
  expect(gateway.upstream.requests.map(({ method }) => method)).toEqual(['PUT', 'POST'])
  expect(gateway.order.indexOf('disk')).toBeLessThan(gateway.order.lastIndexOf('upstream'))
  expect(gateway.order).toContain('disk')
})

test('write_ahead: the record is there when the upstream breaks the connection, and it is the only one', async () => {
  gateway = await deciding()
  await gateway.put.all()
  await exchangeOnce(gateway.port, request('POST', '/orders/items'))
  gateway.upstream.close()
  expect(await exchangeOnce(gateway.port, request('POST', '/orders/items'))).toMatch(/^HTTP\/1\.1 502 /)
  expect((await gateway.records()).map(({ status_code }) => status_code)).toEqual(['ok', 'ok'])
})

test('before_response: the upstream works meanwhile, the client sees nothing until the record is on disk', async () => {
  gateway = await deciding()
  await gateway.put.all()
  gateway.disk.hold()
  const peer = await asked('GET', '/orders/items')
  await expect.poll(() => gateway.order).toContain('upstream')
  await anotherIsAnswered()
  expect(peer.text).toBe('')
  gateway.disk.release()
  expect(await peer.all()).toMatch(/^HTTP\/1\.1 200 .*from the upstream$/s)
})

test('async: the answer waits for nothing, the record comes soon', async () => {
  gateway = await deciding()
  await gateway.put.all()
  gateway.disk.hold()
  expect(await (await asked('PUT', '/orders/items')).all()).toMatch(/^HTTP\/1\.1 200 /)
  gateway.disk.release()
  expect((await gateway.record()).gatehouse.operation).toBe('async')
})

test('a denial and an unreadable request wait for their records as well', async () => {
  gateway = await deciding()
  gateway.disk.hold()
  const peers = [await asked('GET', '/orders/items'), await connect(gateway.port)]
  peers[1]?.send('NONSENSE\r\n\r\n')
  await expect.poll(() => gateway.trail.nextDecisionId()).toMatch(/\.3$/)
  await anotherIsAnswered()
  expect(peers.map(({ text }) => text)).toEqual(['', ''])
  gateway.disk.release()
  const answers = await Promise.all(peers.map((peer) => peer.all()))
  expect(answers.map((text) => text.slice(9, 12))).toEqual(['401', '400'])
})

test('a disk that never takes the record: in every mode that waits for it the client gets not one byte', async () => {
  gateway = await deciding()
  await gateway.put.all()
  gateway.disk.hold()
  const peers = [
    await asked('GET', '/orders/items'),
    await asked('POST', '/orders/items'),
    await asked('GET', '/orders/nothing'),
    await connect(gateway.port),
  ]
  peers[3]?.send('NONSENSE\r\n\r\n')
  await waitFor(() => peers.every(({ ended }) => ended), { what: 'every connection is cut' })
  expect(peers.map(({ text }) => text)).toEqual(['', '', '', ''])
  expect(gateway.unrecorded()).toBe(4)
  expect(gateway.outcomes.map(({ status }) => status)).toEqual([0, 0, 0, 0])
  expect(gateway.order).toEqual(['authenticate', 'limit', 'authenticate', 'limit', 'upstream'])
})

test('a spool that takes no more allowed requests: 503 on record, nothing at the upstream', async () => {
  gateway = await deciding()
  await gateway.put.all()
  vi.spyOn(gateway.trail, 'append').mockImplementation(() => {
    throw new SpoolFull('disk')
  })
  const answer = await exchangeOnce(gateway.port, request('GET', '/orders/items'))
  expect(answer).toMatch(/^HTTP\/1\.1 503 .*Retry-After: 1\r\n/s)
  expect((await gateway.record()).status_code).toBe('audit_unavailable')
  expect(gateway.upstream.requests).toEqual([])
})

test.each([
  ['full', new SpoolFull('disk')],
  ['broken', new Error('a fault')],
])('a spool that is %s to the last: no answer, whatever was asked', async (_, error) => {
  gateway = await deciding()
  await gateway.put.all()
  const fail = () => {
    throw error
  }
  vi.spyOn(gateway.trail, 'append').mockImplementation(fail)
  vi.spyOn(gateway.trail, 'appendRefusal').mockImplementation(fail)
  const texts = [
    request('GET', '/orders/items'),
    request('GET', '/orders/nothing'),
    request('GET', '/orders/%00'),
    request('GET', '/orders/open', 'X-Gatehouse-Position: soon\r\n'),
    'NONSENSE\r\n\r\n',
  ]
  for (const text of texts) expect(await exchangeOnce(gateway.port, text)).toBe('')
  expect(gateway.unrecorded()).toBe(texts.length)
  expect(gateway.upstream.requests).toEqual([])
})

test('a plan that HTTP cannot carry after the record was made: 500 under that record, no second one', async () => {
  gateway = await deciding()
  await gateway.put.all()
  await gateway.put.subscription({ scopes: ['read\r\nX-Admin: yes'] })
  const answer = await exchangeOnce(gateway.port, request('GET', '/orders/items'))
  const { metadata, status_code } = await gateway.record()
  expect(answer).toMatch(/^HTTP\/1\.1 500 /)
  expect(answer).toContain(`"decision_id":"${metadata.uid}"`)
  expect(status_code).toBe('ok')
  expect(gateway.upstream.requests).toEqual([])
})
