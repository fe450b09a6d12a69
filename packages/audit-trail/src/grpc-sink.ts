import type { IngestResponse } from '@gatehouse/contracts/audit/v1/audit_service'
import { encodeIngest } from './encode-ingest.ts'
import type { AuditSink } from './shipper.ts'

/** The call of AuditService.Ingest whose requests are encoded already. */
interface IngestCall {
  write(request: Buffer): boolean
  end(): void
  cancel(): void
  on(event: 'data', listener: (response: IngestResponse) => void): this
  on(event: 'error', listener: (error: Error) => void): this
  on(event: 'end', listener: () => void): this
}

interface Waiting {
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** One is stored while the next one is read there, and a third is on its way. */
const IN_FLIGHT_MAX = 3

/**
 * Ships to the audit service over one long-lived stream, opened again after it broke.
 * A batch is sent when the service has committed its records; that fails when the stream breaks, or when nothing that waits
 * is acknowledged for `timeoutMs`: a service that is slow but works on is not given twice as much to do.
 */
export function createGrpcSink(ingest: () => IngestCall, { timeoutMs = 10_000 } = {}): AuditSink & { close(): void } {
  let stream: ReturnType<typeof open> | undefined

  function open() {
    const call = ingest()
    const waiting: Waiting[] = []
    let timer: NodeJS.Timeout | undefined
    const broken = (error: Error) => {
      if (stream === opened) stream = undefined
      clearTimeout(timer)
      for (const { reject } of waiting.splice(0)) reject(error)
    }
    const expire = () => {
      broken(new Error(`no acknowledgement within ${timeoutMs} ms`))
      call.cancel()
    }
    const restartTimer = () => {
      clearTimeout(timer)
      timer = waiting.length > 0 ? setTimeout(expire, timeoutMs) : undefined
    }
    call.on('data', () => {
      waiting.shift()?.resolve()
      restartTimer()
    })
    call.on('error', broken)
    call.on('end', () => broken(new Error('the audit service ended the stream')))
    const send = (request: Buffer) =>
      new Promise<void>((resolve, reject) => {
        waiting.push({ resolve, reject })
        if (waiting.length === 1) restartTimer()
        call.write(request)
      })
    const opened = { call, send }
    return opened
  }

  return {
    inFlightMax: IN_FLIGHT_MAX,
    prepare(records) {
      const request = encodeIngest({ records })
      return () => {
        stream ??= open()
        return stream.send(request)
      }
    },
    close() {
      stream?.call.end()
      stream = undefined
    },
  }
}
