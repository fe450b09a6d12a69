import { unavailable } from '@gatehouse/errors'
import { expect, test } from 'vitest'
import { Cancellation } from './cancellation.ts'

const gone = unavailable('CALLER_GONE', 'the caller ended the call')
const late = unavailable('LATE', 'too late')
const never = new Promise<never>(() => undefined)

test('work that is not cancelled ends as it ends', async () => {
  expect(await new Cancellation().race(Promise.resolve('done'))).toBe('done')
  await expect(new Cancellation().race(Promise.reject(late))).rejects.toBe(late)
})

test('work that is cancelled rejects at once, with the first reason', async () => {
  const cancellation = new Cancellation()
  const raced = cancellation.race(never)
  cancellation.cancel(gone)
  cancellation.cancel(late)
  await expect(raced).rejects.toBe(gone)
})

test('what was cancelled before its work began rejects too', async () => {
  const cancellation = new Cancellation()
  cancellation.cancel(gone)
  await expect(cancellation.race(never)).rejects.toBe(gone)
})

test('its signal tells the reason, asked for before or after', () => {
  const cancellation = new Cancellation()
  const { signal } = cancellation
  expect(signal.aborted).toBe(false)
  cancellation.cancel(gone)
  expect(signal.reason).toBe(gone)
  expect(cancellation.signal).toBe(signal)
  const another = new Cancellation()
  another.cancel(late)
  expect(another.signal.reason).toBe(late)
})
