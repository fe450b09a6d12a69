import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { waitFor } from './wait-for.ts'

interface Started {
  readonly ports: readonly number[]
  readonly directories: readonly string[]
}

/** A run of its own that starts one server of each kind and then does nothing. */
async function startRun(): Promise<{ run: ChildProcess; started: Started }> {
  const script = `
    const { startServers } = await import(${JSON.stringify(join(import.meta.dirname, 'index.ts'))})
    const { postgres, redis, kafka } = await startServers()
    const ports = [new URL(postgres.url).port, new URL(redis.url).port, kafka.brokers[0].split(':')[1]].map(Number)
    console.log(JSON.stringify({ ports, directories: [postgres.dataDir].filter(Boolean) }))
    setInterval(() => {}, 1000)`
  const run = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await Promise.race([once(createInterface({ input: run.stdout }), 'line'), endOf(run)])
  return { run, started: JSON.parse(line) }
}

/** Rejects when the run ends. */
async function endOf(run: ChildProcess): Promise<never> {
  const [code] = await once(run, 'exit')
  throw new Error(`ended with code ${code}`)
}

function listens(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(port, '127.0.0.1')
  socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}

describe('the end of a run', () => {
  it.for(['SIGKILL', 'SIGTERM'] as const)('by %s ends its servers and removes their data', async (signal) => {
    const { run, started } = await startRun()
    expect(await Promise.all(started.ports.map(listens))).toEqual([true, true, true])
    for (const directory of started.directories) expect(existsSync(directory)).toBe(true)
    run.kill(signal)
    const gone = async () =>
      (await Promise.all(started.ports.map(listens))).every((open) => !open) && !started.directories.some(existsSync)
    await waitFor(gone, { what: 'servers and data are gone' })
  })
})
