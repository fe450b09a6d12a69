import type { AuditServiceClient } from '@gatehouse/contracts/audit/v1/audit_service'
import { compressionAlgorithms, Metadata, status } from '@grpc/grpc-js'
import { expect, test } from 'vitest'
import type { CallContext } from './context.ts'
import { auditServers, type Handlers } from './testing/audit-server.ts'

const { serve, connect, bare, tls } = auditServers()

const mebibyte = 1 << 20

const statusOf = (client: AuditServiceClient, decisionId: string, metadata = new Metadata()) =>
  new Promise((resolve) => client.getDecision({ decisionId }, metadata, (error) => resolve(error?.code ?? status.OK)))

/** A handler that keeps what reached it. */
function keeping() {
  const lengths: number[] = []
  const contexts: CallContext[] = []
  const getDecision: Handlers['getDecision'] = async ({ decisionId }, context) => {
    lengths.push(decisionId.length)
    contexts.push(context)
    return { decision: undefined }
  }
  return { lengths, contexts, getDecision }
}

test('RESOURCE_EXHAUSTED for a message over 4 MiB; one just below it arrives', async () => {
  const { lengths, getDecision } = keeping()
  const { server } = await serve({ getDecision })
  const client = bare(server, tls('console'))
  expect(await statusOf(client, 'd'.repeat(4 * mebibyte))).toBe(status.RESOURCE_EXHAUSTED)
  expect(await statusOf(client, 'd'.repeat(4 * mebibyte - 100))).toBe(status.OK)
  expect(lengths).toEqual([4 * mebibyte - 100])
})

test.each(['gzip', 'deflate'] as const)('RESOURCE_EXHAUSTED for 64 kB of %s that are 64 MiB', async (algorithm) => {
  const { lengths, getDecision } = keeping()
  const { server } = await serve({ getDecision })
  const packing = { 'grpc.default_compression_algorithm': compressionAlgorithms[algorithm] }
  const client = bare(server, tls('console'), packing)
  expect(await statusOf(client, 'd'.repeat(64 * mebibyte))).toBe(status.RESOURCE_EXHAUSTED)
  expect(await statusOf(client, 'd'.repeat(mebibyte))).toBe(status.OK)
  expect(lengths).toEqual([mebibyte])
})

test('metadata makes nobody: the caller is who its certificate names, and roles are asked of it', async () => {
  const { contexts, getDecision } = keeping()
  const { server } = await serve({ getDecision })
  const metadata = new Metadata()
  for (const name of ['x-user-id', 'x-client-id', 'x-scopes', 'x-gatehouse-caller', 'caller', 'role'])
    metadata.set(name, 'console')
  metadata.set('authorization', 'Bearer console')
  metadata.set('x-request-id', 'two\u0020words')
  expect(await statusOf(bare(server, tls('gateway')), 'd', metadata)).toBe(status.PERMISSION_DENIED)
  expect(await statusOf(bare(server), 'd', metadata)).toBe(status.UNAUTHENTICATED)
  expect(contexts).toEqual([])
  expect(await statusOf(bare(server, tls('console')), 'd', metadata)).toBe(status.OK)
  const [seen] = contexts
  expect(Object.keys(seen ?? {}).sort()).toEqual(['caller', 'requestId', 'signal', 'traceparent'])
  expect(seen).toMatchObject({ caller: 'console', requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) })
})

test.each([2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)])('the int64 %s arrives as it was sent', async (value) => {
  const node = { node: 'n', epoch: value, lastSequence: value, recordCount: value, holes: [] }
  const { server } = await serve({
    getCompleteness: async () => ({ nodes: [node] }),
  })
  const { nodes } = await connect(server).getCompleteness({})
  expect(nodes).toMatchObject([node])
})
