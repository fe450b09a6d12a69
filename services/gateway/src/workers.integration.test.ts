import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { freePort, waitFor } from '@gatehouse/testkit'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { call, operation, startTestSystem, type TestSystem } from '../test/system.ts'

let system: TestSystem
let child: ChildProcess | undefined
let output = ''
const held: (() => void)[] = []

beforeAll(async () => {
  system = await startTestSystem(
    (incoming, response) => {
      incoming.resume()
      if (incoming.url === '/held') held.push(() => response.end('at last'))
      else response.end('items')
    },
    [operation('list-items', 'GET /items'), operation('held', 'GET /held')],
  )
})
afterEach(() => child?.kill('SIGKILL'))
afterAll(() => system?.close())

function start(port: number, opsPort: number, node: string): ChildProcess {
  output = ''
  const started = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'main.ts')],
    {
      env: {
        ...process.env,
        ...system.environment,
        GATEHOUSE_GATEWAY_WORKERS: '2',
        GATEHOUSE_NODE: node,
        GATEHOUSE_GATEWAY_ADDRESS: `127.0.0.1:${port}`,
        GATEHOUSE_GATEWAY_OPS_PORT: String(opsPort),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  for (const stream of [started.stdout, started.stderr])
    stream?.on('data', (bytes) => {
      output += String(bytes)
    })
  child = started
  return started
}

const ops = async (port: number, path: string) => fetch(`http://127.0.0.1:${port}/${path}`)
const workersOf = (pid = 0) =>
  execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' })
    .trim()
    .split(/\s+/)

test('two workers serve and record, one that is killed comes back, metrics are one, SIGTERM drains', async () => {
  const [port, opsPort] = [await freePort(), await freePort()]
  const gateway = start(port, opsPort, 'w')
  const ready = async () => (await ops(opsPort, 'readyz')).status === 200
  await waitFor(ready, { what: `both workers are ready: ${output}`, timeoutMs: 30_000 })
  const ask = (path = 'items') =>
    call(`http://127.0.0.1:${port}/orders/${path}`, system.key, { headers: { connection: 'close' } })
  for (const node of ['w-1', 'w-2'])
    await waitFor(async () => (await ask()).ok && (await system.recordsOf(node)) > 5, { what: `${node} records` })
  const metrics = async () => (await ops(opsPort, 'metrics')).text()
  const count = /http_server_request_duration_seconds_count\{[^}]*http_response_status_code="200"[^}]*\} (\d+)/
  await waitFor(async () => Number(count.exec(await metrics())?.[1]) > 10, { what: 'the metrics of both' })

  const [victim] = workersOf(gateway.pid)
  process.kill(Number(victim), 'SIGKILL')
  await waitFor(async () => !(await ready()), { what: 'the loss is noticed' })
  await waitFor(ready, { what: 'it is back', timeoutMs: 30_000 })
  expect(workersOf(gateway.pid)).toHaveLength(2)
  expect(workersOf(gateway.pid)).not.toContain(victim)
  expect((await ask()).status).toBe(200)

  const answers = Array.from({ length: 20 }, () => ask('held'))
  await waitFor(() => held.length === 20, { what: 'all are at the upstream' })
  const exited = once(gateway, 'exit')
  gateway.kill('SIGTERM')
  // As Ctrl-C in a terminal and service managers do it: the workers get signals too, before and after.
  for (const worker of workersOf(gateway.pid)) process.kill(Number(worker), 'SIGINT')
  await waitFor(async () => !(await ready()), { what: 'the drain has begun' })
  for (const release of held) release()
  for (const answer of await Promise.all(answers))
    expect([answer.status, await answer.text()]).toEqual([200, 'at last'])
  expect((await exited)[0]).toBe(0)
  expect(await system.decisions('operation_id=held&page_size=100')).toHaveLength(20)
})

test('a port that is taken ends it with exit code 1', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as { port: number }
  const [code] = await once(start(port, await freePort(), 'taken'), 'exit')
  taken.close()
  expect(code).toBe(1)
  expect(output).toContain(`127.0.0.1:${port} is in use`)
})
