import { randomUUID } from 'node:crypto'
import { waitFor } from '@gatehouse/testkit'
import type { Demo } from './system.ts'

/** A running system, as far as its clients see it. */
export interface System {
  readonly demo: Demo
}

/** Problem details of the gateway (RFC 9457). */
export interface Problem {
  readonly type: string
  readonly status: number
  readonly code: string
  readonly decision_id: string
  readonly request_id: string
}

/** A decision record as the audit service answers it. */
export interface Decision {
  readonly decision_id: string
  readonly reason: string
  readonly allowed: boolean
  readonly request_id: string
  readonly record: Record<string, unknown>
}

export function call(system: System, path: string, headers: Record<string, string> = {}, init: RequestInit = {}) {
  return fetch(`${system.demo.gateway}${path}`, { ...init, headers })
}

/** Sends a request to the management API; the same idempotency key makes it the same command again. */
export function send(
  system: System,
  method: string,
  path: string,
  body?: object,
  idempotencyKey: string = randomUUID(),
) {
  return fetch(`${system.demo.console}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${system.demo.operator_token}`,
      'idempotency-key': idempotencyKey,
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  })
}

/** Calls the management API; throws on an answer that is no success. */
export async function manage<Body>(system: System, method: string, path: string, body?: object): Promise<Body> {
  const response = await send(system, method, path, body)
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`)
  return (text ? JSON.parse(text) : undefined) as Body
}

export async function issueKey(
  system: System,
  more: object = {},
): Promise<{ key: string; id: string; position: string }> {
  const body = { subscription_id: system.demo.subscription_id, display_name: 'test', ...more }
  const issued = await manage<IssuedKey>(system, 'POST', '/v1/api-keys', body)
  return { key: issued.api_key_secret, id: issued.api_key.api_key_id, position: issued.position }
}

interface IssuedKey {
  readonly api_key: { readonly api_key_id: string }
  readonly api_key_secret: string
  readonly position: string
}

export async function revokeKey(system: System, id: string): Promise<string> {
  const { position } = await manage<{ position: string }>(system, 'POST', `/v1/api-keys/${id}/revoke`, {})
  return position
}

/** The record of one request, as soon as the ledger has it; throws when there are several. */
export async function decisionOf(system: System, requestId: string): Promise<Decision> {
  const query = async () => {
    const path = `/v1/decisions?request_id=${encodeURIComponent(requestId)}`
    const { decisions } = await manage<{ decisions: Decision[] }>(system, 'GET', path)
    if (decisions.length > 1) throw new Error(`${decisions.length} records for request ${requestId}`)
    return decisions[0]
  }
  return (await waitFor(query, { what: `the record of ${requestId}`, timeoutMs: 20_000 })) as Decision
}
