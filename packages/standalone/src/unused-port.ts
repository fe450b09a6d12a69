import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

// Outgoing connections take theirs from 32768 on (Linux) or 49152 (macOS): between our look and the server's bind one of
// them could come by.
const lowest = 20_000
const highest = 32_000

/** A TCP port that nobody listens on, and that neither this process nor another that still runs was given. */
export async function unusedPort(host: string): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(lowest, highest)
    if ((await claim(port)) && (await isUnused(port, host))) return port
  }
  throw new Error(`no unused port on ${host} between ${lowest} and ${highest} in 100 attempts`)
}

/** UDP's port of the same number is in nobody's way, and the kernel gives it up for us however this process ends. */
function claim(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = createSocket('udp4').unref()
  socket.once('error', () => {
    socket.close()
    resolve(false)
  })
  socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => resolve(true))
  return promise
}

function isUnused(port: number, host: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const server = createServer()
  server.once('error', () => resolve(false))
  server.listen(port, host, () => server.close(() => resolve(true)))
  return promise
}
