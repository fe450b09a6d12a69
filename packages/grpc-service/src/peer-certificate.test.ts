import { TLSSocket } from 'node:tls'
import { afterEach, expect, test, vi } from 'vitest'
import { auditServers, rejection } from './testing/audit-server.ts'

const { serve, connect, bare, foreign } = auditServers()
afterEach(() => vi.restoreAllMocks())

const decision = async () => ({ decision: undefined })

test('the certificate of a connection is read once, whatever the number of calls', async () => {
  const read = vi.spyOn(TLSSocket.prototype, 'getPeerCertificate')
  const { server } = await serve({ getDecision: decision })
  const client = connect(server)
  await client.getDecision({ decisionId: 'd' })
  const atFirst = read.mock.calls.length
  for (let call = 0; call < 5; call++) await client.getDecision({ decisionId: 'd' })
  expect(atFirst).toBeGreaterThan(0)
  expect(read.mock.calls.length).toBe(atFirst)
})

test('each connection is its own caller, also while others are open', async () => {
  const callers: string[] = []
  const { server } = await serve({
    async getDecision(_, { caller }) {
      callers.push(caller)
      return { decision: undefined }
    },
  })
  const [console, gateway] = [connect(server, 'console'), connect(server, 'gateway')]
  for (let round = 0; round < 3; round++) {
    await console.getDecision({ decisionId: 'd' })
    expect(await rejection(gateway.getDecision({ decisionId: 'd' }))).toMatchObject({ reason: 'CALLER_NOT_ALLOWED' })
  }
  expect(callers).toEqual(['console', 'console', 'console'])
})

test.each([
  ['none', () => undefined],
  ['that of another authority', () => foreign('console')],
])('a certificate that is not trusted is refused at every call: %s', async (_, own) => {
  const { server } = await serve({ getDecision: decision })
  const client = bare(server, await own())
  const refused = () =>
    new Promise((resolve) => client.getDecision({ decisionId: 'd' }, (error) => resolve(error?.details)))
  const first = await refused()
  expect(first).toContain('certificate')
  expect(await refused()).toBe(first)
  await expect(connect(server).getDecision({ decisionId: 'd' })).resolves.toHaveProperty('decision')
})
