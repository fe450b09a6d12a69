import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freeAddresses, type System, startSystem } from './system.ts'

const script = join(import.meta.dirname, '..', '..', 'packages', 'standalone', 'src', 'main.ts')

async function start(settings: NodeJS.ProcessEnv): Promise<{ code: number; output: string }> {
  const env = { ...process.env, ...(await freeAddresses()), ...settings }
  const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (bytes) => {
      output += String(bytes)
    })
  const [code] = (await once(child, 'close')) as [number]
  return { code, output }
}

describe('a start that cannot be says so in one line and ends with 1', () => {
  let running: System
  let dataDir: string
  beforeAll(async () => {
    running = await startSystem('embedded')
    dataDir = await mkdtemp(join(tmpdir(), 'gatehouse-refused-'))
  })
  afterAll(async () => {
    await running?.dispose()
    await rm(dataDir, { recursive: true, force: true })
  })

  const cases: Record<string, () => Promise<[NodeJS.ProcessEnv, RegExp]>> = {
    'the data directory is in use': async () => [{ GATEHOUSE_DATA_DIR: running.dataDir }, /in use/],
    'the port is in use': async () => [
      { GATEHOUSE_DATA_DIR: dataDir, GATEHOUSE_GATEWAY_ADDRESS: new URL(running.demo.gateway).host },
      /in use|EADDRINUSE/,
    ],
    'settings are wrong, and all are named': async () => [
      { GATEHOUSE_DATA_DIR: dataDir, GATEHOUSE_GATEWAY_ADDRESS: 'nonsense', GATEHOUSE_CACHE_BYTES: 'much' },
      /GATEHOUSE_CACHE_BYTES .*GATEHOUSE_GATEWAY_ADDRESS/,
    ],
    'the data directory cannot be made': async () => {
      const file = join(dataDir, 'file')
      await writeFile(file, '')
      return [{ GATEHOUSE_DATA_DIR: join(file, 'below') }, /ENOTDIR/]
    },
  }

  test.each(Object.entries(cases))('%s', async (_name, settings) => {
    const [env, line] = await settings()
    const { code, output } = await start(env)
    expect(output.trim().split('\n')).toHaveLength(1)
    expect(output).toMatch(line)
    expect(code).toBe(1)
  })
})
