import { expect, test } from 'vitest'
import { createMemoryModel } from './memory/memory-model.ts'
import { credentialProjection } from './projections/credential.ts'
import { sampleHistory } from './projections/histories.ts'
import { oracleDigest } from './projections/oracle.ts'
import { createProjector } from './projector.ts'
import { DigestOutrun } from './read-model.ts'
import { rebuild } from './rebuild.ts'

const history = sampleHistory(40, 7)

test('a rebuild under live events has the digest of the running model and of the slow fold', async () => {
  const model = createMemoryModel()
  const live = createProjector({ model, projection: credentialProjection })
  let committed = 20
  await live.onEvents(history.slice(0, committed))
  async function* readToHead(_: string, after: bigint) {
    const head = committed
    for (let at = Number(after); at < head; at += 3) {
      yield history.slice(at, Math.min(at + 3, head))
      if (committed < 30) await live.onEvents(history.slice(committed, ++committed))
    }
  }
  const { digest, identical } = await rebuild({ model, projections: [credentialProjection], readToHead })
  expect(identical).toBe(true)
  expect(digest).toBe(oracleDigest(history.slice(0, committed)))
  expect(await model.digest()).toMatchObject({ digest, positions: { credential: 30n } })
})

test('a rebuild catches up with logs that never rest while digests are read', async () => {
  const model = createMemoryModel()
  const live = createProjector({ model, projection: credentialProjection })
  let [committed, digests] = [20, 0]
  await live.onEvents(history.slice(0, committed))
  async function* readToHead(_: string, after: bigint) {
    if (after < committed) yield history.slice(Number(after), committed)
  }
  const busy = {
    ...model,
    async digest(aliveAtMs?: number) {
      digests++
      const digest = await model.digest(aliveAtMs)
      await live.onEvents(history.slice(committed, ++committed))
      return digest
    },
  }
  const { identical } = await rebuild({ model: busy, projections: [credentialProjection], readToHead })
  expect({ identical, digests }).toEqual({ identical: true, digests: 1 })
  expect((await model.digest()).digest).toBe(oracleDigest(history.slice(0, committed)))
})

test('a rebuild corrects a serving generation that differs, and says so', async () => {
  const model = createMemoryModel()
  const live = createProjector({ model, projection: credentialProjection })
  const poisoned = history.findIndex(({ stream }) => stream.startsWith('api_key-'))
  const data = Uint8Array.of(0x0a, 0xff)
  const broken = history.map((event, index) => (index === poisoned ? { ...event, data } : event))
  await live.onEvents(broken)
  async function* readToHead(_: string, after: bigint) {
    if (after < history.length) yield history.slice(Number(after))
  }
  const { identical } = await rebuild({ model, projections: [credentialProjection], readToHead })
  expect(identical).toBe(false)
  expect((await model.digest()).digest).toBe(oracleDigest(history))
})

test('a serving generation that lost its data is replaced without waiting for it', async () => {
  const model = createMemoryModel()
  async function* readToHead(_: string, after: bigint) {
    if (after < history.length) yield history.slice(Number(after))
  }
  const { identical } = await rebuild({ model, projections: [credentialProjection], readToHead })
  expect(identical).toBeUndefined()
  expect((await model.positions()).credential).toBe(BigInt(history.length))
})

test('a model that is written to without a pause is replaced without a comparison', async () => {
  const model = createMemoryModel()
  await createProjector({ model, projection: credentialProjection }).onEvents(history.slice(0, 5))
  const busy = { ...model, digest: () => Promise.reject(new DigestOutrun('writes came in between')) }
  async function* readToHead(_: string, after: bigint) {
    if (after < history.length) yield history.slice(Number(after))
  }
  const { identical, digest } = await rebuild({ model: busy, projections: [credentialProjection], readToHead })
  expect(identical).toBeUndefined()
  expect(digest).toBe(oracleDigest(history))
  expect((await model.digest()).digest).toBe(digest)
})

test('a log that breaks off leaves the serving generation as it was', async () => {
  const model = createMemoryModel()
  await createProjector({ model, projection: credentialProjection }).onEvents(history.slice(0, 5))
  const before = await model.digest()
  const readToHead = async function* () {
    yield history.slice(0, 3)
    throw new Error('the log is gone')
  }
  await expect(rebuild({ model, projections: [credentialProjection], readToHead })).rejects.toThrow('the log is gone')
  expect(await model.digest()).toEqual(before)
})
