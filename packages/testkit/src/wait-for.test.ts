import { describe, expect, it } from 'vitest'
import { waitFor } from './wait-for.ts'

describe('waitFor', () => {
  it('returns what the condition gives', async () => {
    let looks = 0
    expect(await waitFor(() => ++looks > 2 && looks)).toBe(3)
  })

  it('takes an error for "not yet"', async () => {
    let looks = 0
    const condition = () => {
      if (++looks < 3) throw new Error('too early')
      return 'there'
    }
    expect(await waitFor(condition)).toBe('there')
  })

  it('says what it waited for, how long, and the last error', async () => {
    const condition = () => Promise.reject(new Error('connection refused'))
    const waiting = waitFor(condition, { what: 'Redis answers', timeoutMs: 30 })
    await expect(waiting).rejects.toThrow('not after 30 ms: Redis answers: connection refused')
  })

  it('looks at least once', async () => {
    expect(await waitFor(() => true, { timeoutMs: 0 })).toBe(true)
  })
})
