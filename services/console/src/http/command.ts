import { randomUUID } from 'node:crypto'
import { invalidArgument } from '@gatehouse/errors'
import type { CallSettings } from '@gatehouse/grpc-service'
import type { FastifyRequest } from 'fastify'

/** What every call behind a request carries: its id and its trace; a read also ends when its client goes away. */
export function callSettings(request: FastifyRequest): CallSettings {
  const { traceparent } = request.headers
  return {
    requestId: request.id,
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    ...(request.method === 'GET' && { signal: request.signal }),
  }
}

/**
 * The idempotency key of a write: `Idempotency-Key` of this operator, or a new one. Operators do not share keys: one
 * could otherwise be answered with what another one did.
 */
export function requestIdOf(request: FastifyRequest): string {
  const key = request.headers['idempotency-key']
  if (key === undefined) return randomUUID()
  if (typeof key !== 'string' || !/^[A-Za-z0-9._:-]{1,64}$/.test(key)) {
    throw invalidArgument([{ field: 'Idempotency-Key', description: 'must be 1 to 64 of A–Z a–z 0–9 . _ : -' }])
  }
  return `${request.operator?.operatorId ?? ''}:${key}`
}

/** `If-Match: "3"`, else `expected_version` of the body, as the version that the resource must have; else any will do. */
export function expectedVersionOf(request: FastifyRequest, inBody: unknown): string | undefined {
  const match = request.headers['if-match']
  if (match === undefined || match === '*') return typeof inBody === 'number' ? String(inBody) : undefined
  const version = /^"(\d{1,15})"$/.exec(match)?.[1]
  if (version === undefined) {
    throw invalidArgument([{ field: 'If-Match', description: 'must be one version in quotes, as ETag gives it' }])
  }
  return version
}
