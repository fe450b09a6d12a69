import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { kafkaProgram } from './kafka-program.ts'
import { redisProgram } from './redis-program.ts'

/** A machine that has nothing but what a test puts into `bin`. */
let bin: string

beforeEach(async () => {
  bin = await mkdtemp(join(tmpdir(), 'gatehouse-path-'))
  vi.stubEnv('PATH', bin)
  vi.stubEnv('XDG_CACHE_HOME', join(bin, 'cache'))
  vi.stubEnv('JAVA_HOME', undefined)
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

  it('not said where it is on the PATH', async () => {
    await install('redis-server', '')
    expect(await redisProgram()).toBe(join(bin, 'redis-server'))
  })
})
