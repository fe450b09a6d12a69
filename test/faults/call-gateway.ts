import type { Call } from './history.ts'
import type { Installation } from './installation.ts'
import type { Key } from './operate.ts'

export interface Choice {
  readonly gateway: keyof Installation['gateways']
  /** DELETE, which is never decided on state older than 5 s, instead of GET. */
  readonly strict: boolean
  /** POST, whose decision is on disk before the upstream sees the request, instead of GET. */
  readonly recordedAhead?: boolean
  readonly carriesPosition: boolean
  /** A published operation to ask for instead, and the position of its publication. */
  readonly publication?: { readonly operation: string; readonly position: string }
}

/** One request with a key, as history. */
export async function callGateway(
  { gateways }: Pick<Installation, 'gateways'>,
  key: Pick<Key, 'id' | 'kind' | 'secret' | 'position'>,
  { gateway, strict, recordedAhead, carriesPosition, publication }: Choice,
): Promise<Call> {
  const demanded = [key.position, publication?.position ?? ''].filter((each) => each !== '').join(',')
  const position = carriesPosition ? demanded : undefined
  const credential = key.kind === 'token' ? { authorization: `Bearer ${key.secret}` } : { 'x-api-key': key.secret }
  const path = publication ? `drops/${publication.operation}` : strict ? 'items/7' : 'items'
  const invokedAt = performance.now()
  const [status, requestId] = await answer(`${gateways[gateway]}/orders/${path}`, {
    method: publication ? 'GET' : strict ? 'DELETE' : recordedAhead ? 'POST' : 'GET',
    headers: { ...credential, ...(position && { 'x-gatehouse-position': position }) },
    signal: AbortSignal.timeout(20_000),
  })
  const call = { gateway, keyId: key.id, strict, position, invokedAt, endedAt: performance.now(), status, requestId }
  return publication ? { ...call, operation: publication.operation } : call
}

/** An answer that breaks off counts: its head was seen. */
async function answer(url: string, init: RequestInit): Promise<[status?: number, requestId?: string]> {
  try {
    const response = await fetch(url, init)
    await response.arrayBuffer().catch(() => undefined)
    return [response.status, response.headers.get('x-request-id') ?? '']
  } catch {
    return []
  }
}
