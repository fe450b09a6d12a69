import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { waitFor } from '@gatehouse/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { onRelease, startTied } from './tied-process.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gatehouse-tied-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

function start(command: string, ...args: string[]) {
  return startTied({ command, args, logFile: join(directory, 'log'), lastSignal: 'SIGTERM' })
}

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('a tied process', () => {
  it('tells its exit code and writes its output to the log', async () => {
    const child = await start('sh', '-c', 'echo out; echo err >&2; exit 7')
    expect(await child.exited).toBe(7)
    expect(await readFile(join(directory, 'log'), 'utf8')).toBe('out\nerr\n')
    expect(child.signal('SIGTERM')).toBe(false)
  })

  it('tells the signal that ended it', async () => {
    const child = await start('sleep', '60')
    expect(alive(child.pid)).toBe(true)
    expect(child.signal('SIGKILL')).toBe(true)
    expect(await child.exited).toBe(128 + 9)
    expect(alive(child.pid)).toBe(false)
  })

  it('that does not exist ends with 127 and says so in the log', async () => {
    const child = await start('/no/such/program')
    expect(await child.exited).toBe(127)
    expect(await readFile(join(directory, 'log'), 'utf8')).toContain('/no/such/program')
  })

  it('ends when we are killed, even where it ignores its last signal; then the tether lets go', async () => {
    const script = `
      const { onRelease, startTied } = await import(${JSON.stringify(join(import.meta.dirname, 'tied-process.ts'))})
      const tether = onRelease('rm', '-rf', ${JSON.stringify(directory)})
      const options = { logFile: ${JSON.stringify(join(directory, 'log'))}, lastSignal: 'SIGTERM', tether }
      const polite = await startTied({ ...options, command: 'sleep', args: ['60'] })
      const deaf = await startTied({ ...options, command: 'sh', args: ['-c', 'trap "" TERM; echo deaf; while :; do sleep 1; done'] })
      console.log(JSON.stringify([polite.pid, deaf.pid]))
      setInterval(() => {}, 1000)`
    const run = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = await once(createInterface({ input: run.stdout }), 'line')
    const [polite, deaf] = JSON.parse(line) as [number, number]
    await waitFor(async () => (await readFile(join(directory, 'log'), 'utf8')).includes('deaf'), { what: 'it is deaf' })
    run.kill('SIGKILL')
    await waitFor(() => !alive(polite), { what: 'the polite one is gone' })
    expect(alive(deaf)).toBe(true)
    expect(existsSync(directory)).toBe(true)
    await waitFor(() => !alive(deaf), { what: 'the deaf one is gone' })
    await waitFor(() => !existsSync(directory), { what: 'the directory is gone' })
  })
})

describe('onRelease', () => {
  it('runs its command once the tether is let go', async () => {
    const tether = onRelease('rm', '-rf', directory)
    expect(existsSync(directory)).toBe(true)
    await tether.release()
    expect(existsSync(directory)).toBe(false)
  })
})
