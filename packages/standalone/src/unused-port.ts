import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

// Outgoing connections take theirs from 32768 on (Linux) or 49152 (macOS): between our look and the server's bind one of
// them could come by.
const lowest = 20_000
const highest = 32_000
const given = new Set<number>()

/** A TCP port that nobody listens on, and that this process has given to nobody. */
export async function unusedPort(host: string): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = randomInt(lowest, highest)
    if (given.has(port)) continue
    given.add(port)
    if (await isUnused(port, host)) return port
  }
  throw new Error(`no unused port on ${host} between ${lowest} and ${highest} in 100 attempts`)
}

function isUnused(port: number, host: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const server = createServer()
  server.once('error', () => resolve(false))
  server.listen(port, host, () => server.close(() => resolve(true)))
  return promise
}
