import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startServiceProcess } from './service-process.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gatehouse-service-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

test('a service that refuses its settings is told by its one clear line, without the log before it', async () => {
  const logFile = join(directory, 'audit.log')
  await writeFile(logFile, `${JSON.stringify({ level: 40, msg: 'of an earlier start' })}\n`)
  const environment = { ...process.env, GATEHOUSE_DATA_DIR: directory, GATEHOUSE_AUDIT_OPS_PORT: 'x' }
  await expect(startServiceProcess({ name: 'audit', environment, ops: '127.0.0.1:1', logFile })).rejects.toThrow(
    /^the audit service does not start: audit: GATEHOUSE_AUDIT_OPS_PORT [^{}]*$/,
  )
})

test('one that ends on something unexpected is told by the message of its last log line', async () => {
  const logFile = join(directory, 'credential.log')
  const places = { GATEHOUSE_POSTGRES_URL: 'postgres://nobody@127.0.0.1:1/none', GATEHOUSE_DATA_DIR: '/dev/null/none' }
  const environment = { ...process.env, ...places }
  await expect(startServiceProcess({ name: 'credential', environment, ops: '127.0.0.1:1', logFile })).rejects.toThrow(
    /^the credential service does not start: ends on an unexpected error: ENOTDIR[^{}]*$/,
  )
})
