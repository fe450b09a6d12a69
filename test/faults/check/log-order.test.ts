import { expect, test } from 'vitest'
import { checkLogOrder } from './log-order.ts'
import { issued, log, revoked } from './stories.ts'

const events = log(issued('a'), issued('b', 'k2'), revoked('c'))
const [first, second, third] = events as [(typeof events)[0], (typeof events)[0], (typeof events)[0]]

test('the same log in both places, events published again included, is in order', () => {
  expect(checkLogOrder({ events, published: [first, second, first, second, third] })).toEqual([])
})

test.each([
  ['a hole in the positions', [first, third], events],
  ['a version left out', [first, second, { ...third, version: 3n }], events],
  ['a version that comes twice', [first, second, { ...third, version: 1n }], events],
  ['an event that is not published', events, [first, second]],
  ['events published out of order', events, [first, third, second]],
  ['another event published at a position', events, [...events, { ...third, eventId: 'other' }]],
])('%s is found', (_, stored, published) => {
  expect(checkLogOrder({ events: stored, published })).not.toEqual([])
})
