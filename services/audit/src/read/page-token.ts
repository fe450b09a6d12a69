import { createHash } from 'node:crypto'
import type { DecisionFilter } from '@gatehouse/contracts/audit/v1/audit_service'
import { invalidArgument } from '@gatehouse/errors'

/** The last row of a page: the next page is what is older. New records do not move it. */
export interface PageEnd {
  readonly timeMs: number
  readonly position: bigint
}

const form = /^([0-9]{1,15})\.([0-9]{1,18})\.([A-Za-z0-9_-]{11})$/

export function encodePageToken({ timeMs, position }: PageEnd, filter: DecisionFilter | undefined): string {
  return Buffer.from(`${timeMs}.${position}.${filterDigest(filter)}`).toString('base64url')
}

/** Undefined for the first page; INVALID_ARGUMENT for a token of another filter or of nobody. */
export function decodePageToken(token: string, filter: DecisionFilter | undefined): PageEnd | undefined {
  if (token === '') return undefined
  const [, timeMs = '', position = '', digest] = form.exec(Buffer.from(token, 'base64url').toString('latin1')) ?? []
  if (digest === undefined) {
    throw invalidArgument([{ field: 'page_token', description: 'is none that this service gave' }])
  }
  if (digest !== filterDigest(filter)) {
    throw invalidArgument([{ field: 'page_token', description: 'belongs to another filter' }])
  }
  return { timeMs: Number(timeMs), position: BigInt(position) }
}

function filterDigest(filter: DecisionFilter | undefined): string {
  const { startTime, endTime, environmentId, apiId, operationId, clientId, credentialId, reason, requestId, allowed } =
    filter ?? {}
  const facts = [startTime, endTime, environmentId, apiId, operationId, clientId, credentialId, reason, requestId]
  const text = JSON.stringify([...facts.map((fact) => fact || null), allowed ?? null])
  return createHash('sha256').update(text).digest().subarray(0, 8).toString('base64url')
}
