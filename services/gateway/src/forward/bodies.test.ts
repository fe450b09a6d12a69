import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { before, closeAll, GET, nodeServer } from '../../test/forwarding.ts'
import { exchangeOnce, startServer } from '../../test/raw.ts'

afterEach(closeAll)

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** Takes its time between two pieces, so that whoever writes has to wait. */
async function readSlowly(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of message) {
    pieces.push(piece as Buffer)
    await turn()
  }
  return Buffer.concat(pieces)
}

/** An upstream that answers what it was sent, piece by piece. */
async function echo(chunked: boolean): Promise<number> {
  return nodeServer(async (asked, response) => {
    const body = await readSlowly(asked)
    if (!chunked) response.setHeader('Content-Length', body.length)
    for (let at = 0; at < body.length; at += 100_000) {
      if (!response.write(body.subarray(at, at + 100_000))) await once(response, 'drain')
    }
    response.end()
  })
}

describe.each([
  ['a length', false],
  ['chunks', true],
])('bodies with %s', (_, chunked) => {
  test.each([1, 16_383, 16_384, 65_536, 262_145, 3_000_001])('of %d bytes arrive as they were sent', async (size) => {
    const gateway = await before(await echo(chunked))
    const agent = new Agent({ keepAlive: true, maxSockets: 4 })
    const exchange = async () => {
      const body = randomBytes(size)
      const headers = chunked ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': size }
      const asked = request({ port: gateway.port, host: '127.0.0.1', method: 'POST', path: '/x', agent, headers })
      asked.end(body)
      const [response] = (await once(asked, 'response')) as [IncomingMessage]
      expect(digest(await readSlowly(response))).toBe(digest(body))
    }
    await Promise.all(Array.from({ length: 12 }, exchange))
    agent.destroy()
  })
})

test('a large response of its own is sent as it is each time', async () => {
  const body = randomBytes(200_000)
  const sent = digest(body)
  const server = await startServer((exchange) => exchange.answer({ status: 200, headers: {}, body }))
  for (let turn = 0; turn < 3; turn++) {
    const answer = Buffer.from(await exchangeOnce(server.port, GET), 'latin1')
    expect(digest(answer.subarray(answer.indexOf('\r\n\r\n') + 4))).toBe(sent)
  }
  await server.close()
})
