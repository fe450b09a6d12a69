import type { ApiKeyUse } from '@gatehouse/contracts/credential/v1/credential_service'
import { createLogger } from '@gatehouse/grpc-service'
import { expect, test } from 'vitest'
import { startApiKeyUseReporter } from './api-key-use.ts'
import { readRecord } from './domain/read-record.ts'
import { record } from './domain/record.fixture.ts'

const logger = createLogger('audit', { write: () => undefined })

function used(key: string, timeMs: number, facts: object = {}) {
  const stored = record(1n, { credential_id: key, auth_method: 'api_key', ...facts }, { time: timeMs })
  const read = readRecord(stored)
  if (read.kind === 'malformed') throw new Error(read.problem)
  return { record: stored, keys: read.keys }
}

test('only keys that were let in are reported, each with its latest use', async () => {
  const told: ApiKeyUse[] = []
  const reporter = startApiKeyUseReporter(async ({ uses }) => void told.push(...uses), logger, 60_000)
  reporter.note([used('a', 2000), used('a', 3000), used('a', 1000), used('b', 5000)])
  reporter.note([used('c', 1000, { outcome: 'deny' }), used('d', 1000, { auth_method: 'jwt' })])
  await reporter.close()
  expect(told).toEqual([
    { apiKeyId: 'a', lastUseTime: new Date(3000) },
    { apiKeyId: 'b', lastUseTime: new Date(5000) },
  ])
})

test('what could not be told is told later, in calls of bounded size', async () => {
  const told: number[] = []
  let down = true
  const record = async ({ uses }: { uses: readonly ApiKeyUse[] }) => {
    if (down) throw new Error('away')
    told.push(uses.length)
  }
  const first = startApiKeyUseReporter(record, logger, 60_000)
  first.note(Array.from({ length: 1500 }, (_, i) => used(`k${i}`, 1000)))
  await first.close()
  expect(told).toEqual([])
  down = false
  await first.close()
  expect(told).toEqual([1000, 500])
})
