import { readFileSync } from 'node:fs'
import { type GcraAnswer, gcra } from '@gatehouse/policy-engine'
import type { Redis } from 'ioredis'
import { openRequestRedis, type RequestRedisOptions } from '../request-redis.ts'
import { type Consumption, type CountedLimit, type Counters, CountersUnavailable, tightest } from './counters.ts'

const script = readFileSync(new URL('./consume.lua', import.meta.url), 'utf8')

interface CountersRedis extends Redis {
  gatehouseConsume(keyCount: number, ...keysAndArguments: (string | number)[]): Promise<(string | number)[]>
}

/** Counters that all gateways share; the clock is the server's. */
export function createRedisCounters(options: RequestRedisOptions): Counters {
  const redis = openRequestRedis(options, { gatehouseConsume: { lua: script } }) as CountersRedis

  return {
    async consume(limits: readonly CountedLimit[]): Promise<Consumption> {
      // One hash tag for a request's counters, so that they are one atomic call in Redis Cluster too.
      const keys = limits.map(({ key }) => `gatehouse:limit:{${key.split('|', 1)[0]}}:${key}`)
      const costs = limits.flatMap(({ limit }) => [limit.cost, limit.leak, limit.capacity])
      const reply = await redis.gatehouseConsume(keys.length, ...keys, ...costs).catch((cause: Error) => {
        throw new CountersUnavailable('the counters do not answer', { cause })
      })
      return tightest(limits, answersOf(limits, reply))
    },
    async close() {
      redis.disconnect()
    },
  }
}

/** The script answers its time and each limit's level as it stood before; what follows from them is computed here. */
function answersOf(limits: readonly CountedLimit[], [now, ...states]: readonly (string | number)[]): GcraAnswer[] {
  return limits.map(({ limit }, index) => {
    const [level, atMicros] = [Number(states[2 * index]), Number(states[2 * index + 1])]
    return gcra(limit, { level, atMicros }, Number(now))
  })
}
