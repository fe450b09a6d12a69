import { randomUUID } from 'node:crypto'
import { type RedisServer, startRedis, waitFor } from '@gatehouse/testkit'
import { afterAll, beforeAll } from 'vitest'
import { expiryContract } from '../expiry.contract.ts'
import { readModelContract } from '../read-model.contract.ts'
import { openRedisModel } from './redis-model.ts'

let server: RedisServer
beforeAll(async () => {
  server = await startRedis({ cluster: true })
})
afterAll(() => server?.stop())

const under = {
  open: async () => {
    const { hostname: host, port } = new URL(server.url)
    const nodes = [{ host, port: Number(port) }]
    const model = openRedisModel({ address: { nodes }, prefix: randomUUID(), readTimeoutMs: 2_000 })
    await waitFor(() => model.digest(), { what: 'the cluster answers, reads and writes' })
    return model
  },
  settled: async (condition: () => boolean) => {
    await waitFor(condition, { what: 'the follower heard every change' })
  },
  close: async () => {},
}

readModelContract('a Redis Cluster', under)
expiryContract('a Redis Cluster', under)
