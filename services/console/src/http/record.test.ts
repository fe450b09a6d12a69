import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openTrail, SpoolFull, type Trail } from '@gatehouse/audit-trail'
import { fastify } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { OperatorStore } from '../operators/operator-file.ts'
import { authenticator } from './authenticate.ts'
import { sendError } from './problem.ts'
import { createRecorder } from './record.ts'

const token = `gho_${'A'.repeat(43)}`
const operators: Pick<OperatorStore, 'authenticate'> = {
  authenticate: (text) => (text === token ? { operatorId: 'ada', role: 'editor', createTime: new Date(0) } : undefined),
}
let directory: string
let trail: Trail
let order: string[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'console-spool-'))
  trail = await openTrail({ directory, node: 'test', product: 'console', segmentBytes: 64 << 10 })
  order = []
})
afterEach(async () => {
  await trail.close()
  await rm(directory, { recursive: true })
})

function command(over: Partial<Trail>, authorization?: string) {
  const app = fastify()
  app.decorateRequest('operator', undefined)
  app.addHook('onRequest', authenticator(operators, createRecorder({ ...trail, ...over })))
  app.setErrorHandler(sendError)
  app.post('/command', async () => {
    order.push('command')
    return {}
  })
  return app.inject({ method: 'POST', url: '/command', headers: authorization === undefined ? {} : { authorization } })
}

const late: Pick<Trail, 'append' | 'appendRefusal'> = {
  append: (entry, onDurable) => trail.append(entry, () => onDisk(onDurable)),
  appendRefusal: (entry, onDurable) => trail.appendRefusal(entry, () => onDisk(onDurable)),
}

const held: (() => void)[] = []

/** Its record is on disk when the test says so. */
function onDisk(onDurable: () => void): void {
  held.push(() => {
    order.push('disk')
    onDurable()
  })
}

test('a command waits until its record is on disk, and so does a denial', async () => {
  const answered = async (authorization: string) => {
    const before = [...order]
    const reply = command(late, authorization).then(({ statusCode }) => void order.push(`answer ${statusCode}`))
    await expect.poll(() => held.length).toBe(1)
    expect(order).toEqual(before)
    held.pop()?.()
    await reply
  }
  await answered(`Bearer ${token}`)
  await answered('Bearer nonsense')
  expect(order).toEqual(['disk', 'command', 'answer 200', 'disk', 'answer 401'])
})

test('with a full spool nothing is let in: 503 on record, from the reserve', async () => {
  const full = () => {
    throw new SpoolFull('disk')
  }
  const reply = await command({ append: full }, `Bearer ${token}`)
  expect(reply.statusCode).toBe(503)
  expect(reply.json()).toMatchObject({ code: 'audit_unavailable' })
  expect(order).toEqual([])
  const batch = await trail.spool.next(1 << 20)
  expect(batch?.records.map(({ json }) => JSON.parse(Buffer.from(json).toString()).status_code)).toEqual([
    'audit_unavailable',
  ])
})

test('with the reserve gone too: 503, and no denial that is not on record', async () => {
  const full = () => {
    throw new SpoolFull('disk')
  }
  expect((await command({ append: full, appendRefusal: full }, `Bearer ${token}`)).statusCode).toBe(503)
  expect((await command({ append: full, appendRefusal: full })).statusCode).toBe(503)
  expect(order).toEqual([])
})
