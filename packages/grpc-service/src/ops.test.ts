import { afterEach, expect, test } from 'vitest'
import { createRegistry } from './metrics.ts'
import { type OpsOptions, startOps } from './ops.ts'

const closers: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function ops(ready: OpsOptions['ready']) {
  const running = await startOps({ port: 0, ready, registry: createRegistry('audit') })
  closers.push(running.close)
  return running.address
}

const get = async (address: string, path: string) => {
  const response = await fetch(`http://${address}${path}`)
  return { status: response.status, body: await response.text() }
}

test('/livez answers 200 also when not ready', async () => {
  expect((await get(await ops(() => false), '/livez')).status).toBe(200)
})

test.each<[string, OpsOptions['ready'], number]>([
  ['it is ready', () => true, 200],
  ['it is not', async () => false, 503],
  ['asking fails', () => Promise.reject(new Error('no database')), 503],
])('/readyz when %s', async (_, ready, status) => {
  expect((await get(await ops(ready), '/readyz?x')).status).toBe(status)
})

test('/metrics names the service', async () => {
  expect((await get(await ops(() => true), '/metrics')).body).toMatch(/process_cpu_seconds_total\{service="audit"\}/)
})

test('500 for metrics that cannot be read; the service goes on', async () => {
  const registry = createRegistry('audit')
  registry.metrics = () => Promise.reject(new Error('no answer'))
  const running = await startOps({ port: 0, ready: () => true, registry })
  closers.push(running.close)
  expect((await get(running.address, '/metrics')).status).toBe(500)
  expect((await get(running.address, '/livez')).status).toBe(200)
})

test('404 for everything else', async () => {
  expect((await get(await ops(() => true), '/')).status).toBe(404)
})

test('the port in use is a ConfigurationError that names it', async () => {
  const address = await ops(() => true)
  const port = Number(address.split(':')[1])
  const again = startOps({ port, ready: () => true, registry: createRegistry('audit') })
  await expect(again).rejects.toThrow(`${address} is in use`)
})
