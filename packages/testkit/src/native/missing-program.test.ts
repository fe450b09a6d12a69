import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { findChromium } from '../chromium.ts'
import { kafkaProgram } from './kafka-program.ts'
import { redisProgram } from './redis-program.ts'

/** A machine that has nothing but what a test puts into `bin`. */
let bin: string

beforeEach(async () => {
  bin = await mkdtemp(join(tmpdir(), 'gatehouse-path-'))
  vi.stubEnv('PATH', bin)
  vi.stubEnv('XDG_CACHE_HOME', join(bin, 'cache'))
  vi.stubEnv('JAVA_HOME', undefined)
  vi.stubEnv('GATEHOUSE_CHROMIUM', undefined)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(bin, { recursive: true })
})

async function install(program: string, output: string): Promise<void> {
  await writeFile(join(bin, program), `#!/bin/sh\necho '${output}' >&2\n`)
  await chmod(join(bin, program), 0o755)
}

describe('what a machine lacks is said in one line', () => {
  it('Redis, where nothing can bring it', async () => {
    await expect(redisProgram()).rejects.toThrow(/^Redis is missing: .*GATEHOUSE_REDIS_URL.*$/)
  })

  it('Java', async () => {
    await expect(kafkaProgram()).rejects.toThrow(/^Kafka needs Java 17 or later and no java is on the PATH: .*$/)
  })

  it('a Java that is too old', async () => {
    await install('java', 'openjdk version "11.0.25" 2024-10-15')
    await expect(kafkaProgram()).rejects.toThrow(/^Kafka needs Java 17 or later and .*java is 11: .*$/)
  })

  it('Maven, where Kafka is not in the cache', async () => {
    await install('java', 'openjdk version "21.0.5" 2024-10-15')
    await expect(kafkaProgram()).rejects.toThrow(/^Kafka is missing and Maven \(mvn\).*$/)
  })

  it('Chromium', async () => {
    await expect(findChromium()).rejects.toThrow(/^Chromium is missing: .*GATEHOUSE_CHROMIUM$/)
  })

  it('not said where a variable names it', async () => {
    vi.stubEnv('GATEHOUSE_CHROMIUM', '/opt/chrome')
    expect(await findChromium()).toBe('/opt/chrome')
  })

  it('not said where one of its names is on the PATH', async () => {
    await install('google-chrome', '')
    expect(await findChromium()).toBe(join(bin, 'google-chrome'))
  })

  it('not said where it is on the PATH', async () => {
    await install('redis-server', '')
    expect(await redisProgram()).toBe(join(bin, 'redis-server'))
  })
})
