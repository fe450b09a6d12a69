import { failedPrecondition } from '@gatehouse/errors'
import { expect, test } from 'vitest'
import type { Decider } from './decider.ts'
import { givenFor } from './testing.ts'

const counter: Decider<number, number, number> = {
  initialState: 0,
  evolve: (state, event) => state + event,
  decide(command, state) {
    if (state + command > 3) throw failedPrecondition('FULL', 'no more than 3')
    return command === 0 ? [] : [command]
  },
}
const given = givenFor(counter)

test('passes when the events are those that were expected', () => {
  given([]).when(1).then([1])
  given([1, 1]).when(1).then([1])
  given([3]).when(0).then([])
  given([3]).when(1).thenRefused('FULL')
})

test.each([
  ['other events', () => given([]).when(1).then([2])],
  ['no events', () => given([]).when(1).then([])],
  ['a refusal where events are expected', () => given([3]).when(1).then([1])],
  ['events where a refusal is expected', () => given([]).when(1).thenRefused('FULL')],
  ['another refusal', () => given([3]).when(1).thenRefused('EMPTY')],
])('fails at %s', (_, story) => {
  expect(story).toThrow()
})
