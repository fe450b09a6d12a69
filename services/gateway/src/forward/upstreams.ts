import type { CompiledApi } from '@gatehouse/policy-engine'
import { Upstream } from './upstream.ts'

/** Where a request goes: the upstream and the path that stands before every path there. */
export interface Target {
  readonly upstream: Upstream
  /** Empty, or begins with a slash and ends without one. */
  readonly base: string
}

interface Ring {
  readonly targets: readonly Target[]
  next: number
}

/** The upstreams of every API, with their kept connections. */
export class Upstreams {
  // By the compiled API: a changed one gets new upstreams, and the old ones' connections end when they are idle.
  readonly #rings = new WeakMap<CompiledApi, Ring>()
  readonly #open = new Set<WeakRef<Upstream>>()

  /** The next upstream of an API: requests go round. @throws when the API names none that can be used */
  of(api: CompiledApi): Target {
    let ring = this.#rings.get(api)
    if (!ring) {
      ring = { targets: api.upstreams.map((url) => this.#target(url, api)), next: 0 }
      this.#rings.set(api, ring)
    }
    const target = ring.targets[ring.next]
    if (!target) throw new Error(`API ${api.apiId} has no upstream`)
    ring.next = (ring.next + 1) % ring.targets.length
    return target
  }

  /** Ends all connections that no request uses, and the others when they are done. */
  close(): void {
    for (const upstream of this.#open) upstream.deref()?.close()
    this.#open.clear()
  }

  #target(url: string, { forwarding }: CompiledApi): Target {
    for (const reference of this.#open) if (!reference.deref()) this.#open.delete(reference)
    const { protocol, hostname, port, pathname } = new URL(url)
    const secure = protocol === 'https:'
    const upstream = new Upstream({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port) || (secure ? 443 : 80),
      ...(secure && { tls: {} }),
      connectMs: forwarding.connectTimeoutMs,
      headMs: forwarding.responseTimeoutMs,
    })
    this.#open.add(new WeakRef(upstream))
    return { upstream, base: pathname.replace(/\/$/, '') }
  }
}
