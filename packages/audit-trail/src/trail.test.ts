import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { SpoolLocked } from './spool/directory-lock.ts'
import { spoolDisk } from './spool/spool-disk.ts'
import { SpoolFull } from './spool/spool-full.ts'
import { testDirectory } from './testing/directory.ts'
import { entry } from './testing/entry.ts'
import { readAll, requestIds } from './testing/read-all.ts'
import { openTrail, type Trail, type TrailOptions } from './trail.ts'

const small = { node: 'gw-1', product: 'gateway', segmentBytes: 64 << 10, segmentsMax: 4 }
const long = 'x'.repeat(400)

async function open(directory: string, options: Partial<TrailOptions> = {}): Promise<Trail> {
  const trail = await openTrail({ directory, ...small, ...options })
  onTestFinished(() => trail.close())
  return trail
}

function durable(trail: Trail, requestId: string): Promise<string> {
  return new Promise((resolve) => {
    const id = trail.append(entry(requestId), () => resolve(id))
  })
}

describe('a trail', () => {
  test('numbers records densely from 1 and gives them back in order', async () => {
    const trail = await open(testDirectory())
    const ids = await Promise.all(['a', 'b', 'c'].map((id) => durable(trail, id)))
    expect(ids).toEqual([1, 2, 3].map((sequence) => `gw-1.${trail.epoch}.${sequence}`))
    expect(requestIds(await readAll(trail))).toEqual(['a', 'b', 'c'])
    expect(trail.spool.records).toBe(3)
  })

  test('one fdatasync serves all that wait, and the next starts when it ends', async () => {
    let syncs = 0
    const disk = {
      ...spoolDisk,
      datasync: (fd: number, done: (error: Error | null) => void) => {
        syncs++
        spoolDisk.datasync(fd, done)
      },
    }
    const trail = await open(testDirectory(), { disk })
    const first = durable(trail, 'first')
    await vi.waitUntil(() => syncs === 1, { timeout: 30_000, interval: 0 })
    const waiting = Array.from({ length: 50 }, (_, i) => durable(trail, `${i}`))
    await Promise.all([first, ...waiting])
    expect(syncs).toBe(2)
  })

  test('a second opener is refused, here and in another process, until the first is gone', async () => {
    const directory = testDirectory()
    const trail = await openTrail({ directory, ...small })
    await expect(openTrail({ directory, ...small })).rejects.toThrow(SpoolLocked)
    await trail.close()
    await (await openTrail({ directory, ...small })).close()
  })

  test('what was not acknowledged is there after a restart, under a higher epoch', async () => {
    const directory = testDirectory()
    const before = await openTrail({ directory, ...small })
    await durable(before, 'a')
    await before.close()
    const after = await open(directory)
    expect(after.epoch).toBeGreaterThan(before.epoch)
    expect(after.spool.records).toBe(1)
    await durable(after, 'b')
    const records = await readAll(after)
    expect(requestIds(records)).toEqual(['a', 'b'])
    expect(records.map(({ epoch, sequence }) => [Number(epoch), Number(sequence)])).toEqual([
      [before.epoch, 1],
      [after.epoch, 1],
    ])
  })

  test('what was acknowledged is not there after a clean restart', async () => {
    const directory = testDirectory()
    const before = await openTrail({ directory, ...small })
    await durable(before, 'a')
    before.spool.acknowledge((await before.spool.next(1 << 20))!)
    await before.close()
    const after = await open(directory)
    expect(await readAll(after)).toEqual([])
  })

  test('a lost directory does not bring an epoch back', async () => {
    const first = await openTrail({ directory: testDirectory(), ...small })
    await first.close()
    expect(first.epoch).toBeGreaterThan(1_700_000_000)
  })

  test('files that are no segments, empty ones and foreign bytes, do no harm', async () => {
    const directory = testDirectory()
    writeFileSync(join(directory, 'empty.spool'), '')
    writeFileSync(join(directory, 'short.spool'), 'GHSPOOL1')
    writeFileSync(join(directory, 'noise.spool'), Buffer.alloc(64 << 10, 0xa5))
    const trail = await open(directory)
    await durable(trail, 'a')
    expect(requestIds(await readAll(trail))).toEqual(['a'])
  })

  test.each([
    [{ node: 'a b' }, 'node'],
    [{ segmentBytes: 1 }, 'segmentBytes'],
    [{ segmentsMax: 2 }, 'segmentsMax'],
  ])('a wrong setting is refused by its name: %j', async (options, name) => {
    await expect(openTrail({ directory: testDirectory(), ...small, ...options })).rejects.toThrow(name)
  })
})

describe('a full trail', () => {
  /** Fills the trail with allowed requests; answers how many it took. */
  async function fill(trail: Trail): Promise<number> {
    for (let count = 0; ; count++) {
      try {
        await new Promise<void>((resolve) => trail.append(entry(`${count}`, long), resolve))
      } catch (error) {
        expect(error).toBeInstanceOf(SpoolFull)
        expect(error).toMatchObject({ why: 'disk' })
        return count
      }
    }
  }

  test('refuses allowed requests, still records refusals in its reserve, and keeps to its quota', async () => {
    const directory = testDirectory()
    const trail = await open(directory)
    const taken = await fill(trail)
    let refusals = 0
    const refuse = () => new Promise<void>((resolve) => trail.appendRefusal(entry(`no-${refusals}`, long), resolve))
    await expect(
      (async () => {
        for (; ; refusals++) await refuse()
      })(),
    ).rejects.toThrow(SpoolFull)
    expect(refusals).toBeGreaterThan(50)
    const records = await readAll(trail)
    expect(records.length).toBe(taken + refusals)
    expect(records.map(({ sequence }) => Number(sequence))).toEqual(records.map((_, i) => i + 1))
    expect(readdirSync(directory).filter((name) => name.endsWith('.spool')).length).toBeLessThanOrEqual(4)
  })

  test('takes requests again once records are acknowledged, using the same files', async () => {
    const directory = testDirectory()
    const trail = await open(directory)
    const expected: string[] = []
    const seen: string[] = []
    for (let round = 0; round < 5; round++) {
      const taken = await fill(trail)
      expect(taken).toBeGreaterThan(50)
      expected.push(...Array.from({ length: taken }, (_, i) => `${i}`))
      for (let batch = await trail.spool.next(64 << 10); batch; batch = await trail.spool.next(64 << 10)) {
        seen.push(...requestIds(batch.records))
        trail.spool.acknowledge(batch)
      }
    }
    expect(seen).toEqual(expected)
    expect(trail.spool.records).toBe(0)
    expect(readdirSync(directory).filter((name) => name.endsWith('.spool')).length).toBeLessThanOrEqual(4)
  })

  test('starts full after a restart and recovers when the backlog is acknowledged', async () => {
    const directory = testDirectory()
    const before = await openTrail({ directory, ...small, segmentsMax: 3 })
    const taken = await fill(before)
    await new Promise<void>((resolve) => before.appendRefusal(entry('no', long), resolve))
    await before.close()
    const after = await open(directory, { segmentsMax: 3 })
    expect(after.spool.records).toBe(taken + 1)
    expect(() => after.append(entry('x'), () => undefined)).toThrow(SpoolFull)
    for (let batch = await after.spool.next(1 << 20); batch; batch = await after.spool.next(1 << 20)) {
      after.spool.acknowledge(batch)
    }
    await durable(after, 'y')
  })

  test('a disk that stands still fills the memory bound, and no more', async () => {
    const release: (() => void)[] = []
    const disk = {
      ...spoolDisk,
      datasync: (_: number, done: (error: Error | null) => void) => void release.push(() => done(null)),
    }
    const trail = await openTrail({ directory: testDirectory(), ...small, disk, pendingBytesMax: 8 << 10 })
    let taken = 0
    expect(() => {
      for (; ; taken++) trail.append(entry('a', long), () => undefined)
    }).toThrow(expect.objectContaining({ why: 'memory' }))
    expect(taken).toBeLessThan(20)
    trail.appendRefusal(entry('no'), () => undefined)
    const closed = trail.close()
    const timer = setInterval(() => release.shift()?.(), 1)
    await closed
    clearInterval(timer)
  })
})
