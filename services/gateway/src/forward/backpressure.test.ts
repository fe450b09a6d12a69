import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { before, closeAll, GET, nodeServer } from '../../test/forwarding.ts'
import { connect } from '../../test/raw.ts'

afterEach(closeAll)

test.each([
  ['with a length', { 'Content-Length': 50e6 }, 100_000],
  ['in chunks, one at a time', {}, 8000],
])('a response of 50 MB %s to a slow reader is held back, not held', async (_, headers, pieceBytes) => {
  const size = 50e6
  let written = 0
  const port = await nodeServer((_, response) => {
    response.writeHead(200, headers)
    const piece = Buffer.alloc(pieceBytes, 'x')
    const more = () => {
      written += piece.length
      const free = response.write(piece)
      if (written >= size) response.end()
      else if (free) setImmediate(more)
      else response.once('drain', more)
    }
    more()
  })
  const gateway = await before(port)
  const peer = await connect(gateway.port)
  peer.socket.removeAllListeners('data').pause()
  peer.send(GET)
  let last = -1
  while (written !== last) {
    last = written
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  // What stands still is in the sockets' own buffers.
  expect(written).toBeLessThan(30e6)
  let read = 0
  peer.socket.on('data', (chunk: Buffer) => {
    read += chunk.length
  })
  peer.socket.resume()
  await once(peer.socket, 'end')
  peer.socket.destroy()
  expect(read).toBeGreaterThan(size)
  expect(gateway.outcomes).toMatchObject([{ end: 'complete', responseBodyBytes: size }])
})

test('a request of 50 MB to a slow upstream is held back, not held', async () => {
  const size = 50e6
  let go: () => void = () => undefined
  const port = await nodeServer(async (request, response) => {
    await new Promise<void>((resolve) => {
      go = resolve
    })
    let read = 0
    for await (const chunk of request) read += (chunk as Buffer).length
    response.end(`read ${read}`)
  })
  const gateway = await before(port)
  const peer = await connect(gateway.port)
  peer.send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`)
  peer.socket.write(Buffer.alloc(size, 'x'))
  const { socket } = peer
  const unsent = () => socket.writableLength
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(unsent()).toBeGreaterThan(0)
  go()
  await peer.until(/read 50000000$/)
  socket.destroy()
  expect(gateway.outcomes).toMatchObject([{ end: 'complete', requestBodyBytes: size }])
})
