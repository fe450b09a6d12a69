import { createConnection, type Socket } from 'node:net'

export interface ConstantRate {
  readonly url: string
  readonly apiKey: string
  readonly perSecond: number
  readonly seconds: number
}

/** How long the last answers are waited for. */
const answersMsMax = 10_000

/**
 * Sends at a constant rate whatever the answers do, each on a kept connection that is free: a stall of the server
 * counts for every request that is sent meanwhile.
 * @returns milliseconds of each request, from its sending; throws when an answer is not 200
 */
export async function constantRate({ url, apiKey, perSecond, seconds }: ConstantRate): Promise<number[]> {
  const { hostname, port, pathname } = new URL(url)
  const head = Buffer.from(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nX-API-Key: ${apiKey}\r\n\r\n`)
  const idle: Socket[] = []
  const all = new Set<Socket>()
  const times: number[] = []
  const failures: string[] = []

  const connect = () => {
    const socket = createConnection(Number(port), hostname)
    socket.setNoDelay(true)
    socket.on('error', (error) => failures.push(error.message))
    all.add(socket)
    return socket
  }
  const send = () => {
    const sentAt = performance.now()
    const socket = idle.pop() ?? connect()
    socket.once('data', (bytes) => {
      times.push(performance.now() - sentAt)
      if (bytes.toString('latin1', 9, 12) !== '200') failures.push(bytes.toString('latin1', 0, 60))
      idle.push(socket)
    })
    socket.write(head)
  }

  const startedAt = performance.now()
  let sent = 0
  await new Promise<void>((resolve) => {
    const tick = () => {
      const due = Math.min(perSecond * seconds, ((performance.now() - startedAt) * perSecond) / 1000)
      for (; sent < due; sent++) send()
      const waited = performance.now() - startedAt - seconds * 1000
      if (sent >= perSecond * seconds && (times.length === sent || waited > answersMsMax)) resolve()
      else setTimeout(tick, 1)
    }
    tick()
  })
  for (const socket of all) socket.destroy()
  if (failures.length > 0 || times.length < sent)
    throw new Error(`${sent - times.length} requests got no answer; ${failures.length} failures: ${failures[0] ?? ''}`)
  return times
}

// As a process of its own it takes its processor from nobody that it measures.
if (process.argv[1] === import.meta.filename)
  process.stdout.write(JSON.stringify(await constantRate(JSON.parse(process.argv[2] ?? '') as ConstantRate)))
