import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

// Below 32768, where Linux takes the ports of outgoing connections from: between our look and the server's bind
// nothing else comes by such a port by accident.
const lowest = 20_000
const highest = 32_000
/** Who was given a port binds it later: of forty at random two are the same once in fifteen times. */
const given = new Set<number>()

/** A TCP port on 127.0.0.1 that nobody listens on, and that this process has given to nobody. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(lowest, highest)
    if (given.has(port)) continue
    given.add(port)
    if (await isFree(port)) return port
  }
  throw new Error(`no free port between ${lowest} and ${highest} in 100 attempts`)
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const server = createServer()
  server.once('error', () => resolve(false))
  server.listen(port, () => server.close(() => resolve(true)))
  return promise
}
