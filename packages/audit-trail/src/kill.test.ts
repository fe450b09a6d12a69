import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { SpoolLocked } from './spool/directory-lock.ts'
import { SpoolFull } from './spool/spool-full.ts'
import { testDirectory } from './testing/directory.ts'
import { entry } from './testing/entry.ts'
import { readAll } from './testing/read-all.ts'
import { openTrail } from './trail.ts'

const writer = fileURLToPath(new URL('./testing/append-for-ever.ts', import.meta.url))
const settings = { node: 'gw-1', product: 'gateway', segmentBytes: 1 << 20 }

interface Run {
  readonly acknowledged: string[]
  readonly faults: string[]
}

/** Starts a writer, under `wrapper` if there is one, and kills it without warning after `count` acknowledgements. */
async function killAfter(directory: string, count: number, wrapper: readonly string[] = []): Promise<Run> {
  const [command = '', ...args] = [...wrapper, process.execPath, writer, directory]
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const kill = () => {
    try {
      process.kill(-child.pid!, 'SIGKILL')
    } catch {}
  }
  onTestFinished(kill)
  const acknowledged: string[] = []
  let errors = ''
  child.stderr.on('data', (text) => {
    errors += text
  })
  for await (const id of createInterface(child.stdout)) {
    acknowledged.push(id)
    if (acknowledged.length === count) {
      await expect(openTrail({ ...settings, directory })).rejects.toThrow(SpoolLocked)
      kill()
    }
  }
  if (acknowledged.length < count) throw new Error(`the writer ended early: ${errors}`)
  return { acknowledged, faults: errors.split('\n').filter((line) => line.includes('EIO')) }
}

/** Every acknowledged id is there, and each epoch is dense from 1. */
async function expectWhole(directory: string, acknowledged: readonly string[]): Promise<void> {
  const trail = await openTrail({ ...settings, directory })
  const found = await readAll(trail)
  await trail.close()
  const ids = new Set(found.map(({ node, epoch, sequence }) => `${node}.${epoch}.${sequence}`))
  expect(ids.size).toBe(found.length)
  expect(acknowledged.filter((id) => !ids.has(id))).toEqual([])
  const epochs = Map.groupBy(found, ({ epoch }) => epoch)
  for (const records of epochs.values()) {
    expect(records.map(({ sequence }) => Number(sequence))).toEqual(records.map((_, i) => i + 1))
  }
}

describe('kill -9 of a writer under load', () => {
  test('loses no acknowledged record, makes no hole, and leaves no stale lock', { timeout: 60_000 }, async () => {
    const directory = testDirectory()
    const acknowledged: string[] = []
    for (const count of [1, 40, 333, 1500, 97]) acknowledged.push(...(await killAfter(directory, count)).acknowledged)
    await expectWhole(directory, acknowledged)
  })

  test('with fdatasync failing in the kernel’s place', { timeout: 60_000 }, async ({ skip }) => {
    const traces = spawnSync('strace', ['-qq', '-e', 'trace=none', 'true']).status === 0
    skip(!traces, 'needs strace and the right to trace; disk-fault.test.ts makes the same fault everywhere')
    const directory = testDirectory()
    const inject = 'fdatasync:error=EIO:when=8+9'
    const wrapper = ['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=fdatasync', '-e', `inject=${inject}`]
    const { acknowledged, faults } = await killAfter(directory, 3000, wrapper)
    expect(faults.length).toBeGreaterThan(0)
    await expectWhole(directory, acknowledged)
  })
})

describe('a disk of 1 MB', () => {
  test('refuses when it is full, records refusals, and recovers by itself', async ({ skip }) => {
    const directory = testDirectory()
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', directory]).status === 0
    skip(!mounted, 'needs the right to mount')
    onTestFinished(() => void spawnSync('umount', [directory]))
    const trail = await openTrail({ ...settings, directory, segmentBytes: 128 << 10 })
    const append = (id: string) => new Promise<void>((resolve) => trail.append(entry(id), resolve))
    let taken = 0
    await expect(
      (async () => {
        for (; ; taken++) await append(`${taken}`)
      })(),
    ).rejects.toThrow(SpoolFull)
    expect(taken).toBeGreaterThan(600)
    await new Promise<void>((resolve) => trail.appendRefusal(entry('no'), resolve))
    for (let batch = await trail.spool.next(1 << 20); batch; batch = await trail.spool.next(1 << 20)) {
      trail.spool.acknowledge(batch)
    }
    await append('again')
    await trail.close()
  })
})
