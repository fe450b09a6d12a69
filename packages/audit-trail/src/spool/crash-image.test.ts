import {
  closeSync,
  copyFileSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { testDirectory } from '../testing/directory.ts'
import { entry } from '../testing/entry.ts'
import { readAll, requestIds } from '../testing/read-all.ts'
import { openTrail } from '../trail.ts'
import { recover } from './recover.ts'
import { openSlots } from './slot.ts'
import { type SpoolDisk, spoolDisk } from './spool-disk.ts'
import { SpoolFull } from './spool-full.ts'

const settings = { node: 'gw-1', product: 'gateway', segmentBytes: 64 << 10, segmentsMax: 8 }

type Event =
  | { readonly kind: 'write'; readonly inode: number; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: 'sync'; readonly inode: number }
  | { readonly kind: 'acknowledged'; readonly count: number }

/** Runs a load and keeps every write, every sync that returned, and every acknowledgement, in order. */
async function recordedRun(
  records: number,
): Promise<{ directory: string; names: Map<number, string>; events: Event[] }> {
  const events: Event[] = []
  const disk: SpoolDisk = {
    write(fd, bytes, position) {
      events.push({ kind: 'write', inode: fstatSync(fd).ino, position, bytes: Buffer.from(bytes) })
      spoolDisk.write(fd, bytes, position)
    },
    datasync(fd, done) {
      const { ino: inode } = fstatSync(fd)
      spoolDisk.datasync(fd, (error) => {
        events.push({ kind: 'sync', inode })
        done(error)
      })
    },
  }
  const directory = testDirectory()
  const trail = await openTrail({ ...settings, directory, disk })
  let count = 0
  let appended = 0
  await new Promise<void>((resolve) => {
    const done = () => {
      events.push({ kind: 'acknowledged', count: ++count })
      if (count === records) resolve()
      else append()
    }
    const append = () => {
      if (appended === records) return
      try {
        trail.append(entry(`${appended}`, 'x'.repeat(300)), done)
        appended++
      } catch (error) {
        // A slow disk has the next file not ready yet.
        if (!(error instanceof SpoolFull)) throw error
        setImmediate(append)
      }
    }
    for (let i = 0; i < 7; i++) append()
  })
  await trail.close()
  const names = new Map(
    readdirSync(directory)
      .filter((name) => name.endsWith('.spool'))
      .map((name) => {
        const fd = openSync(join(directory, name), 'r')
        const { ino } = fstatSync(fd)
        closeSync(fd)
        return [ino, name] as const
      }),
  )
  return { directory, names, events }
}

/** How many records recovery finds, without starting a new epoch in the image. */
async function prefixOf(directory: string): Promise<number> {
  const slots = await openSlots(directory)
  const { segments } = await recover(slots)
  await Promise.all(slots.map(({ file }) => file.close()))
  return segments.reduce((sum, { records }) => sum + records, 0)
}

type Draw = (bound: number) => number

/**
 * The disk after a power cut behind event `at`: synced writes are whole, each later one is there, absent, or torn at
 * any byte with noise behind the tear.
 */
function crashImage(run: Awaited<ReturnType<typeof recordedRun>>, at: number, draw: Draw): string {
  const image = testDirectory()
  for (const name of run.names.values()) writeFileSync(join(image, name), Buffer.alloc(settings.segmentBytes))
  const past = run.events.slice(0, at)
  for (const [i, event] of past.entries()) {
    if (event.kind !== 'write') continue
    const synced = past.some((later, j) => j > i && later.kind === 'sync' && later.inode === event.inode)
    const fd = openSync(join(image, run.names.get(event.inode)!), 'r+')
    writeSync(fd, synced ? event.bytes : torn(event.bytes, draw), 0, undefined, event.position)
    closeSync(fd)
  }
  return image
}

function torn(bytes: Buffer, draw: Draw): Buffer {
  const kind = draw(4)
  if (kind === 0) return bytes
  if (kind === 1) return Buffer.alloc(0)
  const cut = draw(bytes.length)
  if (kind === 2) return bytes.subarray(0, cut)
  const noise = Buffer.from(Array.from({ length: Math.min(64, bytes.length - cut) }, () => draw(256)))
  return Buffer.concat([bytes.subarray(0, cut), noise])
}

async function recovered(directory: string): Promise<string[]> {
  const trail = await openTrail({ ...settings, directory })
  const { records } = trail.spool
  const ids = requestIds(await readAll(trail))
  await trail.close()
  expect(records).toBe(ids.length)
  return ids
}

test('after a power cut at any moment: a prefix of what was appended, with all that was acknowledged', {
  timeout: 30_000,
}, async () => {
  const run = await recordedRun(400)
  expect(run.names.size).toBeGreaterThan(3)
  await fc.assert(
    fc.asyncProperty(fc.nat(run.events.length), fc.infiniteStream(fc.nat()), async (at, stream) => {
      const image = crashImage(run, at, (bound) => stream.next().value % bound)
      const ids = await recovered(image)
      const acknowledged = run.events.slice(0, at).filter(({ kind }) => kind === 'acknowledged').length
      expect(ids).toEqual(ids.map((_, i) => `${i}`))
      expect(ids.length).toBeGreaterThanOrEqual(acknowledged)
    }),
    { numRuns: 120 },
  )
})

test('cut at every byte of the last two frames: the frames before, and never a wrong one', {
  timeout: 30_000,
}, async () => {
  const directory = testDirectory()
  const trail = await openTrail({ ...settings, directory })
  for (const id of ['a', 'b', 'c']) await new Promise<void>((resolve) => trail.append(entry(id), resolve))
  const ends = (await readAll(trail)).map(({ json }) => json.length + 16)
  await trail.close()
  const [used] = readdirSync(directory).filter((name) => readFileSync(join(directory, name)).includes('class_uid'))
  const whole = readFileSync(join(directory, used!))
  const starts = [512 + ends[0]!, 512 + ends[0]! + ends[1]!, 512 + ends[0]! + ends[1]! + ends[2]!]
  const image = testDirectory()
  for (let cut = starts[0]!; cut <= starts[2]!; cut += 1) {
    const bytes = Buffer.alloc(whole.length)
    whole.copy(bytes, 0, 0, cut)
    writeFileSync(join(image, used!), bytes)
    const expected = cut >= starts[2]! ? 3 : cut >= starts[1]! ? 2 : 1
    expect(await prefixOf(image), `cut at ${cut}`).toBe(expected)
  }
})

test('a flipped bit anywhere in a frame ends the segment there', { timeout: 30_000 }, async () => {
  const directory = testDirectory()
  const trail = await openTrail({ ...settings, directory })
  for (const id of ['a', 'b']) await new Promise<void>((resolve) => trail.append(entry(id), resolve))
  const [first, second] = (await readAll(trail)).map(({ json }) => json.length + 16)
  await trail.close()
  const [used] = readdirSync(directory).filter((name) => readFileSync(join(directory, name)).includes('class_uid'))
  const image = testDirectory()
  for (let bit = 0; bit < second! * 8; bit += 23) {
    copyFileSync(join(directory, used!), join(image, used!))
    const bytes = readFileSync(join(image, used!))
    const at = 512 + first! + (bit >> 3)
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (bit & 7)), at)
    writeFileSync(join(image, used!), bytes)
    expect(await prefixOf(image), `bit ${bit} of ${basename(used!)}`).toBe(1)
  }
})
