import type { Noun } from '../keys.ts'

const bucketMs = 60_000
/** More than a batch of events brings, so that a sweep at each batch keeps up; about 0.5 ms. */
const sweptMax = 2_000

interface Bucket {
  readonly noun: Noun
  readonly ids: string[]
}

/** Which entries expire, by the minute in which they have. */
export class Expiring {
  readonly #buckets = new Map<number, Map<Noun, Bucket>>()
  #oldest = Number.POSITIVE_INFINITY

  add(expireMs: number, noun: Noun, id: string): void {
    const minute = Math.ceil(expireMs / bucketMs)
    const buckets = this.#buckets.get(minute) ?? new Map<Noun, Bucket>()
    const bucket = buckets.get(noun) ?? { noun, ids: [] }
    bucket.ids.push(id)
    buckets.set(noun, bucket)
    this.#buckets.set(minute, buckets)
    this.#oldest = Math.min(this.#oldest, minute)
  }

  /** Tells what has expired, a bounded number at a time. */
  sweep(nowMs: number, forget: (noun: Noun, id: string) => void): void {
    let left = sweptMax
    while (left > 0 && this.#oldest * bucketMs <= nowMs) {
      const buckets = this.#buckets.get(this.#oldest) ?? new Map<Noun, Bucket>()
      for (const { noun, ids } of buckets.values()) {
        for (const id of ids.splice(Math.max(0, ids.length - left))) {
          forget(noun, id)
          left -= 1
        }
        if (ids.length === 0) buckets.delete(noun)
      }
      if (buckets.size > 0) return
      this.#buckets.delete(this.#oldest)
      this.#oldest = Math.min(...this.#buckets.keys())
    }
  }
}
