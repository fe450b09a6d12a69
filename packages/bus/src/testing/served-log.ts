import { randomUUID } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  EventLogServiceClient,
  EventLogServiceService,
  type RecordedEvent,
} from '@gatehouse/contracts/event_log/v1/event_log_service'
import { createClient, createLogger, devCertificates, grpcService, startGrpcService } from '@gatehouse/grpc-service'
import type { EventLog } from '../pull-feed.ts'

const batchMax = 500

/** A log in memory behind a real gRPC server, for tests of who reads it. */
export interface ServedLog {
  readonly events: readonly RecordedEvent[]
  /** Commits so many events and answers them. */
  append(count: number): RecordedEvent[]
  /** HOST:PORT; the same after every restart. */
  readonly address: string
  stop(): Promise<void>
  start(): Promise<void>
  /** A client, through another address where one is given. */
  connect(address?: string): EventLog & { close(): void }
  dispose(): Promise<void>
}

export const quietLogger = createLogger('bus-test', { write: () => {} })

export async function serveLog(): Promise<ServedLog> {
  const directory = await mkdtemp(join(tmpdir(), 'bus-log-'))
  const tls = await devCertificates(directory, 'credential')
  const events: RecordedEvent[] = []
  const appended = new EventEmitter().setMaxListeners(0)

  async function* readEvents(request: { afterPosition: bigint; untilHead: boolean }, context: { signal: AbortSignal }) {
    let at = Number(request.afterPosition)
    while (!context.signal.aborted) {
      const batch = events.slice(at, at + batchMax)
      at += batch.length
      if (batch.length > 0) yield { events: batch }
      else if (request.untilHead) return
      else await once(appended, 'event', { signal: context.signal }).catch(() => {})
    }
  }
  const getHead = async () => ({ position: BigInt(events.length) })
  const service = grpcService({
    definition: EventLogServiceService,
    handlers: { readEvents, getHead },
    roles: { readEvents: ['credential'], getHead: ['credential'] },
  })
  const listen = (address: string) =>
    startGrpcService({ name: 'credential', address, tls, services: [service], logger: quietLogger, drainMs: 100 })
  let server = await listen('127.0.0.1:0')
  const { address } = server
  return {
    events,
    append(count) {
      const added = Array.from({ length: count }, (_, index) => sampleEvent(BigInt(events.length + index + 1)))
      for (const event of added) events.push(event)
      appended.emit('event')
      return added
    },
    address,
    stop: () => server.close(),
    start: async () => {
      server = await listen(address)
    },
    connect: (through = address) => createClient(EventLogServiceClient, { address: through, tls, peer: 'credential' }),
    async dispose() {
      await server.close()
      await rm(directory, { recursive: true })
    },
  }
}

export function sampleEvent(position: bigint): RecordedEvent {
  return {
    position,
    stream: `api_key-${position % 7n}`,
    version: position / 7n + 1n,
    type: 'gatehouse.credential.v1.ApiKeyRevoked',
    data: Buffer.from(`event ${position} ${'.'.repeat(100)}`),
    eventId: randomUUID(),
    recordTime: new Date(),
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  }
}
