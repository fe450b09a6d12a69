import type { AuditServiceClient } from '@gatehouse/contracts/audit/v1/audit_service'
import { GatehouseError } from '@gatehouse/errors'
import { Metadata, status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import type { CallContext } from './context.ts'
import { auditServers, rejection } from './testing/audit-server.ts'

const { serve, connect, bare, foreign, tls } = auditServers()

const statusOf = (client: AuditServiceClient) =>
  new Promise((resolve) => client.getDecision({ decisionId: 'd' }, (error) => resolve(error?.code)))

test('answers a caller whose role is listed, and tells the handler who it is', async () => {
  let seen: CallContext | undefined
  const { server } = await serve({
    async getDecision(_, context) {
      seen = context
      return { decision: undefined }
    },
  })
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await connect(server).getDecision({ decisionId: 'd' }, { requestId: 'r1', traceparent })
  expect(seen).toMatchObject({ caller: 'console', requestId: 'r1', traceparent })
})

test('UNAUTHENTICATED without a client certificate', async () => {
  const { server } = await serve({})
  expect(await statusOf(bare(server))).toBe(status.UNAUTHENTICATED)
})

test('PERMISSION_DENIED for a role that the method does not list', async () => {
  const { server } = await serve({})
  const error = await rejection(connect(server, 'gateway').getDecision({ decisionId: 'd' }))
  expect(error).toMatchObject({ status: 'PERMISSION_DENIED', reason: 'CALLER_NOT_ALLOWED' })
})

test('UNAUTHENTICATED with a certificate of another authority', async () => {
  const { server } = await serve({})
  expect(await statusOf(bare(server, await foreign('console')))).toBe(status.UNAUTHENTICATED)
})

test('a client refuses a server that is another service than the one it wants', async () => {
  const { server } = await serve({}, { tls: tls('gateway') })
  const error = await rejection(connect(server).getDecision({ decisionId: 'd' }))
  expect(error).toMatchObject({ status: 'UNAVAILABLE' })
  expect(error.message).toContain('the server is gateway, not audit')
})

test('a typed error arrives with reason, metadata, fields and retry time', async () => {
  const thrown = new GatehouseError('RESOURCE_EXHAUSTED', {
    reason: 'TOO_MANY',
    message: 'zu viel',
    metadata: { limit: '3', note: 'ü' },
    violations: [{ field: 'filter.reason', description: 'is unknown' }],
    retryAfterMs: 1500,
  })
  const { server } = await serve({ listDecisions: () => Promise.reject(thrown) })
  const error = await rejection(connect(server).listDecisions({ filter: undefined, pageSize: 1, pageToken: '' }))
  const { status, reason, message, metadata, violations, retryAfterMs } = thrown
  expect(error).toMatchObject({ status, reason, message, metadata, violations, retryAfterMs })
})

test('any other error is INTERNAL: its text is in the log alone, under the id that the caller sees', async () => {
  const { server, lines } = await serve({ getDecision: () => Promise.reject(new Error('password=hunter2')) })
  const error = await rejection(connect(server).getDecision({ decisionId: 'd' }))
  expect(error).toMatchObject({ status: 'INTERNAL', reason: 'INTERNAL' })
  expect(error.message).not.toContain('hunter2')
  const logged = lines.find((line) => line.includes(error.metadata['error_id']!))
  expect(logged).toContain('hunter2')
})

test('DEADLINE_EXCEEDED: a call without a deadline is given one, and the handler is told', async () => {
  let signal: AbortSignal | undefined
  const { server } = await serve(
    {
      getDecision(_, context) {
        signal = context.signal
        return new Promise(() => undefined)
      },
    },
    { deadlineMs: 50 },
  )
  const client = bare(server, tls('console'))
  expect(await statusOf(client)).toBe(status.DEADLINE_EXCEEDED)
  expect(signal?.aborted).toBe(true)
})

test('DEADLINE_EXCEEDED at the deadline of the caller', async () => {
  const { server } = await serve({ getDecision: () => new Promise(() => undefined) })
  const error = await rejection(connect(server).getDecision({ decisionId: 'd' }, { deadlineMs: 50 }))
  expect(error.status).toBe('DEADLINE_EXCEEDED')
})

test('DEADLINE_EXCEEDED at the deadline of a caller that does not keep it itself, and the handler is told', async () => {
  let signal: AbortSignal | undefined
  const { server } = await serve({
    getDecision(_, context) {
      signal = context.signal
      return new Promise(() => undefined)
    },
  })
  const metadata = new Metadata()
  metadata.set('grpc-timeout', '50m')
  const code = await new Promise((resolve) =>
    bare(server, tls('console')).getDecision({ decisionId: 'd' }, metadata, (error) => resolve(error?.code)),
  )
  expect(code).toBe(status.DEADLINE_EXCEEDED)
  await expect.poll(() => signal?.reason).toMatchObject({ status: 'DEADLINE_EXCEEDED' })
})

test('RESOURCE_EXHAUSTED for a message over the limit', async () => {
  const { server } = await serve({}, { messageBytesMax: 1024 })
  const error = await rejection(connect(server).getDecision({ decisionId: 'd'.repeat(2000) }))
  expect(error.status).toBe('RESOURCE_EXHAUSTED')
})

test('the address in use is a ConfigurationError that names it', async () => {
  const { server } = await serve({})
  await expect(serve({}, { address: server.address })).rejects.toMatchObject({
    name: 'ConfigurationError',
    message: expect.stringContaining(server.address),
  })
})
