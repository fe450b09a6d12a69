import { sharedRedis, startTcpProxy, waitFor } from '@gatehouse/testkit'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { countersContract } from './counters.contract.ts'
import { CountersUnavailable } from './counters.ts'
import { createRedisCounters } from './redis.ts'

async function open(url: string) {
  const counters = createRedisCounters({ url, commandTimeoutMs: 2000 })
  // The connection is not waited for in the gateway: its first requests are refused instead.
  const probe = new Redis(url)
  await probe.ping()
  probe.disconnect()
  return counters
}

countersContract('Redis', async () => open(await sharedRedis()))

test('counters that are gone without a word refuse, and count again over a new connection', async () => {
  await using proxy = await startTcpProxy({ to: await sharedRedis() })
  const counters = createRedisCounters({ url: `redis://${proxy.address}` })
  const limit = { name: 'x', requests: 1, periodMicros: 1e6, burst: 1, cost: 1e6, leak: 1, capacity: 1e6 }
  const consume = async () => counters.consume([{ key: 'silent', limit }])
  await waitFor(consume, { what: 'the counters answer' })
  proxy.halfOpen()
  await expect(consume()).rejects.toBeInstanceOf(CountersUnavailable)
  await waitFor(consume, { what: 'the counters answer again' })
  await counters.close()
})

test('counters that cannot be reached refuse, and do not hang', async () => {
  const counters = createRedisCounters({ url: 'redis://127.0.0.1:1' })
  const limit = { name: 'x', requests: 1, periodMicros: 1e6, burst: 1, cost: 1e6, leak: 1, capacity: 1e6 }
  await expect(counters.consume([{ key: 'nobody', limit }])).rejects.toBeInstanceOf(CountersUnavailable)
  await counters.close()
})
