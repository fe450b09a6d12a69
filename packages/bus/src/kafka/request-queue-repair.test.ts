import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'
import { expect, test, vi } from 'vitest'
import './request-queue-repair.ts'

test('a queue without requests sets no timer, one that waits does', () => {
  const timers = vi.spyOn(globalThis, 'setTimeout')
  const queue = Object.assign(Object.create(RequestQueue.prototype) as RequestQueue, {
    pending: [],
    throttledUntil: -1,
  })
  queue.scheduleCheckPendingRequests()
  expect(timers).not.toHaveBeenCalled()
  Object.assign(queue, { pending: ['request'], checkPendingRequests: () => {} })
  queue.scheduleCheckPendingRequests()
  expect(timers).toHaveBeenCalledOnce()
})
