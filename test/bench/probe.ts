import { Agent, request } from 'node:http'

/** Uses a key every millisecond or two, one request after the other on one connection. */
export interface Probe {
  /** Resolves at the first 200. */
  readonly letIn: Promise<void>
  /** Waits until the key is refused for good (20 times in a row) and answers when the last 200 had come; 0 for none. */
  lastAllow(): Promise<number>
}

const refusalsForGood = 20

/** @returns monotonic milliseconds in `lastAllow` */
export function startProbe(url: string, apiKey: string): Probe {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const first = Promise.withResolvers<void>()
  const over = Promise.withResolvers<number>()
  let lastAllowAt = 0
  let refusals = 0

  const next = () => {
    const sent = request(url, { agent, headers: { 'x-api-key': apiKey } }, (response) => {
      response.resume()
      response.once('end', () => onStatus(response.statusCode ?? 0))
    })
    sent.once('error', over.reject)
    sent.end()
  }
  const onStatus = (status: number) => {
    if (status === 200) {
      lastAllowAt = performance.now()
      refusals = 0
      first.resolve()
    } else if (lastAllowAt > 0) refusals++
    if (refusals < refusalsForGood) setTimeout(next, 1)
    else {
      agent.destroy()
      over.resolve(lastAllowAt)
    }
  }
  next()
  over.promise.catch(first.reject)
  return { letIn: first.promise, lastAllow: () => over.promise }
}
