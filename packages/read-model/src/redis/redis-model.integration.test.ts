import { randomUUID } from 'node:crypto'
import { sharedRedis, waitFor } from '@gatehouse/testkit'
import { beforeAll } from 'vitest'
import { expiryContract } from '../expiry.contract.ts'
import { readModelContract } from '../read-model.contract.ts'
import { openRedisModel } from './redis-model.ts'

let url = ''
beforeAll(async () => {
  url = await sharedRedis()
})

const under = {
  open: async () => {
    const model = openRedisModel({ address: { url }, prefix: randomUUID(), readTimeoutMs: 2_000 })
    await waitFor(() => model.digest(), { what: 'Redis answers, reads and writes' })
    return model
  },
  settled: async (condition: () => boolean) => {
    await waitFor(condition, { what: 'the follower heard every change' })
  },
  close: async () => {},
}

readModelContract('Redis', under)
expiryContract('Redis', under)
