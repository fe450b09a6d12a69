import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { ConstantRate } from './constant-rate.ts'

/**
 * Makes a load at a constant rate from a process of its own on one processor.
 * @returns milliseconds of each request, in as many lists as the load has windows
 * @throws when an answer was not 200
 */
export async function* pacedLoad(cpu: number, load: ConstantRate): AsyncGenerator<number[]> {
  const script = join(import.meta.dirname, 'constant-rate.ts')
  const args = [process.execPath, '--disable-warning=ExperimentalWarning', script, JSON.stringify(load)]
  const child = spawn('taskset', ['-c', String(cpu), ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  try {
    for await (const line of createInterface(child.stdout)) yield JSON.parse(line) as number[]
    const [code] = await ended
    if (code !== 0) throw new Error(`the load on ${load.url} met failures`)
  } finally {
    child.kill('SIGKILL')
  }
}
