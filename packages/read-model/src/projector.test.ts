import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { expect, test, vi } from 'vitest'
import { createMemoryModel } from './memory/memory-model.ts'
import { credentialProjection as projection } from './projections/credential.ts'
import { sampleHistory } from './projections/histories.ts'
import { oracleDigest } from './projections/oracle.ts'
import { createProjector, PositionGap } from './projector.ts'

const history = sampleHistory(40, 11)

test('of several projectors on one model each event is applied by one', async () => {
  const model = createMemoryModel()
  const applied: bigint[] = []
  const onApplied = (events: readonly RecordedEvent[]) => applied.push(...events.map(({ position }) => position))
  const projectors = [1, 2, 3].map((size) => ({ size, ...createProjector({ model, projection, onApplied }) }))
  await Promise.all(
    projectors.map(async ({ size, onEvents }) => {
      for (let at = 0; at < history.length; at += size) await onEvents(history.slice(at, at + size))
    }),
  )
  expect(applied).toEqual(history.map(({ position }) => position))
  expect((await model.digest()).digest).toBe(oracleDigest(history))
})

test('events with a hole are refused whole', async () => {
  const model = createMemoryModel()
  const projector = createProjector({ model, projection })
  await expect(projector.onEvents([history[0]!, history[2]!])).rejects.toThrow(PositionGap)
  await expect(projector.onEvents(history.slice(1))).rejects.toThrow(PositionGap)
  expect(await projector.after()).toBe(0n)
})

test('an event written by another projector between read and write is looked at again', async () => {
  const model = createMemoryModel()
  const other = createProjector({ model, projection })
  const read = vi.spyOn(model, 'read')
  read.mockImplementationOnce(async (keys) => {
    const snapshot = { positions: { credential: 0n }, values: keys.map(() => undefined) }
    await other.onEvents(history.slice(0, 3))
    return snapshot
  })
  await createProjector({ model, projection }).onEvents(history.slice(0, 5))
  expect(await other.after()).toBe(5n)
  expect((await model.digest()).digest).toBe(oracleDigest(history.slice(0, 5)))
})
