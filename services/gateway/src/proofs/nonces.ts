import { createHmac, timingSafeEqual } from 'node:crypto'
import type { ProofMemory } from './proof-memory.ts'

/** Nonces of DPoP (RFC 9449 section 8): made and checked without keeping them, good for one to two periods. */
export interface Nonces {
  /** The one of now. */
  issue(nowMs: number): string | Promise<string>
  accepts(nonce: string, nowMs: number): boolean | Promise<boolean>
}

const periodMs = 150_000

export function createNonces(memory: Pick<ProofMemory, 'nonceSecret'>): Nonces {
  const known = new Map<number, string | Promise<string>>()

  function nonceOf(period: number): string | Promise<string> {
    const nonce = known.get(period) ?? makeNonce(period)
    known.set(period, nonce)
    for (const old of known.keys()) if (old < period - 2) known.delete(old)
    return nonce
  }

  function makeNonce(period: number): string | Promise<string> {
    const secret = memory.nonceSecret(period)
    if (!(secret instanceof Promise)) return write(secret, period)
    const nonce = secret.then((bytes) => {
      const text = write(bytes, period)
      known.set(period, text)
      return text
    })
    nonce.catch(() => known.delete(period))
    return nonce
  }

  return {
    issue: (nowMs) => nonceOf(Math.floor(nowMs / periodMs)),
    accepts(nonce, nowMs) {
      const current = Math.floor(nowMs / periodMs)
      const period = Number(nonce.slice(0, nonce.indexOf('.')))
      // Clocks of gateways differ a little: one may be in the next period already.
      if (!Number.isSafeInteger(period) || period < current - 1 || period > current + 1) return false
      const expected = nonceOf(period)
      return expected instanceof Promise ? expected.then((text) => same(text, nonce)) : same(expected, nonce)
    },
  }
}

function write(secret: Uint8Array, period: number): string {
  return `${period}.${createHmac('sha256', secret).update(String(period)).digest('base64url')}`
}

function same(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}
