import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import { expect, test } from 'vitest'
import type { RunningGrpcService } from './server.ts'
import { auditServers } from './testing/audit-server.ts'
import type { TlsMaterial } from './tls.ts'

const { serve, connect: client, tls } = auditServers()

const types = { data: 0, headers: 1, resetStream: 3, settings: 4, ping: 6, continuation: 9 } as const
const flags = { none: 0, endStream: 1, endHeaders: 4 } as const

/** RFC 9113 section 4.1. */
function frame(type: keyof typeof types, flag: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(types[type], 3)
  head.writeUInt8(flag, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** RFC 7541: a name of the static table, and a value that is not kept. */
function field(index: number, value: string): Buffer {
  const name = index < 15 ? [index] : [15, index - 15]
  return Buffer.concat([Buffer.from([...name, value.length]), Buffer.from(value)])
}

const post = Buffer.concat([
  // :method POST, :scheme https
  Buffer.from([0x83, 0x87]),
  field(4, '/gatehouse.audit.v1.AuditService/GetDecision'),
  field(1, 'audit'),
  field(31, 'application/grpc'),
])

const emptyMessage = Buffer.alloc(5)

/** A connection of HTTP/2 that writes what it likes. Without a certificate: whoever reaches the port can do that. */
async function rawClient({ address }: RunningGrpcService, own?: TlsMaterial) {
  const [host, port] = address.split(':')
  const trust = { ca: tls('console').ca, checkServerIdentity: () => undefined }
  const identity = own && { cert: own.cert, key: own.key }
  const socket = connect({
    host,
    port: Number(port),
    ALPNProtocols: ['h2'],
    servername: 'audit',
    ...trust,
    ...identity,
  })
  socket.on('error', () => undefined)
  await once(socket, 'secureConnect')
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  socket.write(frame('settings', flags.none, 0))
  return socket
}

/** Writes the same kind of thing until the server ends the connection, at most 64 MiB of it; true when it did. */
async function endsUnder(socket: TLSSocket, bytes: (round: number) => Buffer): Promise<boolean> {
  const closed = new Promise((resolve) => socket.once('close', resolve))
  let left = 64 << 20
  for (let round = 0; left > 0 && !socket.destroyed; round++) {
    const next = bytes(round)
    left -= next.length
    if (!socket.write(next)) await Promise.race([new Promise((resolve) => socket.once('drain', resolve)), closed])
  }
  const ended = socket.destroyed
  socket.destroy()
  return ended
}

const together = (count: number, make: (index: number) => Buffer) =>
  Buffer.concat(Array.from({ length: count }, (_, index) => make(index)))

test('calls that are reset as soon as they are made (CVE-2023-44487): few are begun, then the connection is ended', async () => {
  let calls = 0
  const getDecision = async () => {
    calls++
    return { decision: undefined }
  }
  const { server } = await serve({ getDecision })
  const socket = await rawClient(server, tls('console'))
  socket.resume()
  const callAndReset = (index: number) => {
    const stream = 1 + 2 * index
    return Buffer.concat([
      frame('headers', flags.endHeaders, stream, post),
      frame('data', flags.endStream, stream, emptyMessage),
      frame('resetStream', flags.none, stream, Buffer.from([0, 0, 0, 8])),
    ])
  }
  expect(await endsUnder(socket, (round) => together(100, (each) => callAndReset(100 * round + each)))).toBe(true)
  expect(calls).toBeLessThan(10_000)
  await expect(client(server).getDecision({ decisionId: 'd' })).resolves.toHaveProperty('decision')
})

test('a header block that never ends (CVE-2024-27983): the connection is ended', async () => {
  const { server } = await serve({ getDecision: async () => ({ decision: undefined }) })
  const socket = await rawClient(server)
  socket.resume()
  socket.write(frame('headers', flags.none, 1, post))
  const more = together(100, () => frame('continuation', flags.none, 1, field(31, 'x'.repeat(100))))
  expect(await endsUnder(socket, () => more)).toBe(true)
  await expect(client(server).getDecision({ decisionId: 'd' })).resolves.toHaveProperty('decision')
})

test.each([
  ['pings', frame('ping', flags.none, 0, Buffer.alloc(8))],
  ['settings', frame('settings', flags.none, 0)],
])('%s whose answers are not read (CVE-2019-9512, 9515): the connection is ended', async (_, asked) => {
  const { server } = await serve({ getDecision: async () => ({ decision: undefined }) })
  const socket = await rawClient(server)
  const more = together(1000, () => asked)
  expect(await endsUnder(socket, () => more)).toBe(true)
  await expect(client(server).getDecision({ decisionId: 'd' })).resolves.toHaveProperty('decision')
})
