import { createConnection, type Socket } from 'node:net'

export interface ConstantRate {
  readonly url: string
  readonly apiKey: string
  readonly perSecond: number
  readonly seconds: number
  /** Open from the start; requests wait for a free one. Absent: as many as it takes. */
  readonly connections?: number
  /** Times are handed over so often; absent: at the end. */
  readonly windowSeconds?: number
}

/** How long the last answers are waited for. */
const answersMsMax = 10_000

/**
 * Sends at a constant rate whatever the answers do, each on a kept connection that is free: a stall of the server
 * counts for every request that is due meanwhile.
 * @param onTimes gets the milliseconds of each request, from when it was due, as often as the load says
 * @throws when an answer is not 200
 */
export async function constantRate(load: ConstantRate, onTimes: (times: number[]) => void): Promise<void> {
  const { perSecond, seconds, windowSeconds = seconds } = load
  let times: number[] = []
  let answered = 0
  const failures: string[] = []
  const connections = pool(load, {
    answered(dueAt, bytes) {
      answered++
      times.push(performance.now() - dueAt)
      if (bytes.toString('latin1', 9, 12) !== '200') failures.push(bytes.toString('latin1', 0, 60))
    },
    failed: (error) => failures.push(error.message),
  })
  const startedAt = performance.now()
  let sent = 0
  let windows = 0
  await new Promise<void>((resolve) => {
    const tick = () => {
      const passedMs = performance.now() - startedAt
      const due = Math.min(perSecond * seconds, (passedMs * perSecond) / 1000)
      for (; sent < due; sent++) connections.send()
      if (passedMs > (windows + 1) * windowSeconds * 1000 && times.length > 0) {
        windows++
        onTimes(times)
        times = []
      }
      const over = sent >= perSecond * seconds && (answered === sent || passedMs - seconds * 1000 > answersMsMax)
      if (over || failures.length > 0) resolve()
      else setTimeout(tick, 1)
    }
    tick()
  })
  connections.destroy()
  if (failures.length > 0 || answered < sent)
    throw new Error(`${sent - answered} requests got no answer; ${failures.length} failures: ${failures[0] ?? ''}`)
  if (times.length > 0) onTimes(times)
}

interface PoolEvents {
  answered(dueAt: number, bytes: Buffer): void
  failed(error: Error): void
}

/** Kept connections, each for one request at a time. */
function pool({ url, apiKey, connections }: ConstantRate, events: PoolEvents) {
  const { hostname, port, pathname } = new URL(url)
  const head = Buffer.from(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nX-API-Key: ${apiKey}\r\n\r\n`)
  const idle = new Set<Socket>()
  const all = new Set<Socket>()
  const waiting: number[] = []
  let over = false

  const connect = () => {
    const socket = createConnection(Number(port), hostname)
    socket.setNoDelay(true)
    socket.on('error', events.failed)
    socket.on('close', () => {
      all.delete(socket)
      // One that was idle for too long; else the answer is missing.
      if (!idle.delete(socket) && !over) events.failed(new Error('a connection was closed instead of an answer'))
    })
    all.add(socket)
    return socket
  }
  const use = (socket: Socket, dueAt: number) => {
    socket.once('data', (bytes: Buffer) => {
      events.answered(dueAt, bytes)
      const next = waiting.shift()
      if (next === undefined) idle.add(socket)
      else use(socket, next)
    })
    socket.write(head)
  }
  for (let opened = 0; opened < (connections ?? 0); opened++) idle.add(connect())
  return {
    send() {
      const dueAt = performance.now()
      const [free] = idle
      if (free) idle.delete(free)
      const socket = free ?? (all.size < (connections ?? Number.POSITIVE_INFINITY) ? connect() : undefined)
      if (socket) use(socket, dueAt)
      else waiting.push(dueAt)
    },
    destroy() {
      over = true
      for (const socket of all) socket.destroy()
    },
  }
}

// As a process of its own it takes its processor from nobody that it measures: a line of JSON for each window.
if (process.argv[1] === import.meta.filename) {
  const load = JSON.parse(process.argv[2] ?? '') as ConstantRate
  await constantRate(load, (times) => process.stdout.write(`${JSON.stringify(times)}\n`))
}
