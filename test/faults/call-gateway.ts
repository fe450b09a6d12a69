import type { Call } from './history.ts'
import type { Installation } from './installation.ts'
import type { Key } from './operate.ts'

export interface Choice {
  readonly gateway: keyof Installation['gateways']
  /** DELETE, which is never decided on state older than 5 s, instead of GET. */
  readonly strict: boolean
  readonly carriesPosition: boolean
}

/** One request with a key, as history. */
export async function callGateway(
  { gateways }: Pick<Installation, 'gateways'>,
  key: Pick<Key, 'id' | 'secret' | 'position'>,
  { gateway, strict, carriesPosition }: Choice,
): Promise<Call> {
  const position = carriesPosition ? key.position : undefined
  const invokedAt = performance.now()
  const [status, requestId] = await answer(`${gateways[gateway]}/orders/items${strict ? '/7' : ''}`, {
    method: strict ? 'DELETE' : 'GET',
    headers: { 'x-api-key': key.secret, ...(position && { 'x-gatehouse-position': position }) },
    signal: AbortSignal.timeout(20_000),
  })
  return { gateway, keyId: key.id, strict, position, invokedAt, endedAt: performance.now(), status, requestId }
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
