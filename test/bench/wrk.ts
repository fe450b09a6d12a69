import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type Pinned, processorSeconds } from './process.ts'

const run = promisify(execFile)

export interface Load {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly seconds: number
  /** Path of a wrk script (Lua), which makes other requests than GET. */
  readonly script?: string
  readonly connections: number
  /** Processor that makes the load, or a list of them: `0,1`. */
  readonly cpu: number | string
  /** How many of a thousand answers may be refusals, since a store did not answer in time; default none. */
  readonly refusedPerMille?: number
}

/** Loads a URL with wrk. @returns requests a second; throws when any answer was not a success. */
export async function requestsPerSecond({
  url,
  headers = {},
  script,
  seconds,
  connections,
  cpu,
  refusedPerMille = 0,
}: Load): Promise<number> {
  const headerArgs = Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const scriptArgs = script === undefined ? [] : ['-s', script]
  const args = [
    '-c',
    String(cpu),
    'wrk',
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--timeout',
    '10s',
    ...scriptArgs,
    ...headerArgs,
    url,
  ]
  const { stdout } = await run('taskset', args)
  const failures = /Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)/.exec(stdout)
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1])
  if (failures && !(Number(failures[1]) * 1000 <= refusedPerMille * requests))
    throw new Error(`the load on ${url} met failures: ${failures[0]}`)
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]
  if (!rate) throw new Error(`wrk said: ${stdout}`)
  return Number(rate)
}

/**
 * Loads what a process serves, and tells what each request took of the processor: that does not change with who else
 * uses the machine.
 * @returns requests a second
 */
export async function loadProcess(name: string, process: Pinned, load: Load): Promise<number> {
  const before = processorSeconds(process)
  const rate = await requestsPerSecond(load)
  const micros = ((processorSeconds(process) - before) * 1e6) / (rate * load.seconds)
  console.error(`${name}: ${rate.toPrecision(4)} 1/s, ${micros.toPrecision(3)} µs of processor each`)
  return rate
}
