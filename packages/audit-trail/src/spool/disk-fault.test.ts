import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { testDirectory } from '../testing/directory.ts'
import { entry } from '../testing/entry.ts'
import { readAll, requestIds } from '../testing/read-all.ts'
import { openTrail, type Trail } from '../trail.ts'
import { type SpoolDisk, spoolDisk } from './spool-disk.ts'
import { SpoolFull } from './spool-full.ts'

const settings = { node: 'gw-1', product: 'gateway', segmentBytes: 64 << 10, segmentsMax: 6 }

/** A disk that fails the calls it is told to. A failed fdatasync loses the dirty pages, as Linux may. */
function faultyDisk() {
  const state = { syncs: 0, writes: 0, failSyncs: new Set<number>(), failWrites: new Set<number>() }
  const synced: number[] = []
  const failed: number[] = []
  const dirty = new Map<number, { position: number; length: number }[]>()
  const disk: SpoolDisk = {
    write(fd, bytes, position) {
      if (state.failWrites.has(++state.writes)) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
      spoolDisk.write(fd, bytes, position)
      dirty.set(fd, [...(dirty.get(fd) ?? []), { position, length: bytes.length }])
    },
    datasync(fd, done) {
      if (state.failSyncs.has(++state.syncs)) {
        failed.push(fd)
        for (const { position, length } of dirty.get(fd) ?? []) spoolDisk.write(fd, Buffer.alloc(length), position)
        setImmediate(done, Object.assign(new Error('EIO'), { code: 'EIO' }))
        return
      }
      synced.push(fd)
      dirty.delete(fd)
      spoolDisk.datasync(fd, done)
    },
  }
  return { disk, state, synced, failed }
}

async function open(disk: SpoolDisk, directory = testDirectory()) {
  const faults: string[] = []
  const trail = await openTrail({ ...settings, directory, disk, onFault: (error) => faults.push(error.message) })
  onTestFinished(() => trail.close())
  return { trail, faults, directory }
}

const append = (trail: Trail, id: string) => new Promise<void>((resolve) => trail.append(entry(id), resolve))

describe('an fdatasync error', () => {
  test('moves every record that waits to another file, and that file alone is synced from then on', async () => {
    const { disk, state, synced, failed } = faultyDisk()
    const { trail, faults } = await open(disk)
    await append(trail, 'a')
    state.failSyncs.add(2)
    const first = append(trail, 'b')
    await new Promise((resolve) => setImmediate(resolve))
    await Promise.all([first, append(trail, 'c'), append(trail, 'd')])
    expect(faults).toEqual(['EIO'])
    expect(synced.slice(1)).not.toContain(failed[0])
    expect(requestIds(await readAll(trail))).toEqual(['a', 'b', 'c', 'd'])
  })

  test('loses nothing over a restart: what was acknowledged is there, once and in order', async () => {
    const { disk, state } = faultyDisk()
    const directory = testDirectory()
    const before = await openTrail({ ...settings, directory, disk })
    for (const i of [3, 5, 6, 7, 11]) state.failSyncs.add(i)
    const ids = Array.from({ length: 30 }, (_, i) => `${i}`)
    for (const id of ids) await append(before, id)
    await before.close()
    const { trail } = await open(spoolDisk, directory)
    expect(trail.spool.records).toBe(30)
    expect(requestIds(await readAll(trail))).toEqual(ids)
  })

  test('the very first one leaves no empty file in the way of the reader', async () => {
    const { disk, state } = faultyDisk()
    const { trail } = await open(disk)
    const reading = readAll(trail)
    for (const i of [1, 2, 3]) state.failSyncs.add(i)
    await append(trail, 'a')
    expect(await reading).toEqual([])
    expect(requestIds(await readAll(trail))).toEqual(['a'])
  })

  test('that goes on keeps what waits, and ends by itself', async () => {
    const { disk, state } = faultyDisk()
    const { trail } = await open(disk)
    for (let i = 1; i <= 6; i++) state.failSyncs.add(i)
    const waiting = Array.from({ length: 10 }, (_, i) => append(trail, `${i}`))
    await Promise.all(waiting)
    await append(trail, 'after')
    expect(requestIds(await readAll(trail))).toEqual([...Array.from({ length: 10 }, (_, i) => `${i}`), 'after'])
  })
})

describe('a write error', () => {
  test('is met like an fdatasync error', async () => {
    const { disk, state } = faultyDisk()
    const { trail, faults } = await open(disk)
    await append(trail, 'a')
    state.failWrites.add(state.writes + 1)
    await append(trail, 'b')
    expect(faults).toEqual(['ENOSPC'])
    expect(requestIds(await readAll(trail))).toEqual(['a', 'b'])
  })

  test('with segments queued behind it keeps the order of appends', async () => {
    const { disk, state } = faultyDisk()
    const { trail } = await open(disk)
    state.failSyncs.add(1)
    const ids: string[] = []
    const durable: string[] = []
    expect(() => {
      for (let i = 0; ; i++) {
        trail.append(entry(`${i}`, 'x'.repeat(400)), () => durable.push(`${i}`))
        ids.push(`${i}`)
      }
    }).toThrow(SpoolFull)
    await vi.waitFor(() => expect(durable).toEqual(ids), { timeout: 30_000 })
    expect(requestIds(await readAll(trail))).toEqual(ids)
  })
})
