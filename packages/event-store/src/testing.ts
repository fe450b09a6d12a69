import assert from 'node:assert/strict'
import { GatehouseError } from '@gatehouse/errors'
import { type Decider, fold } from './decider.ts'

/**
 * Tests of a decider, told as a story: `given(events).when(command).then(events)`, or `.thenRefused(reason)`.
 * Needs no test framework: what does not hold throws an AssertionError that shows both sides.
 */
export function givenFor<State, Event, Command>(decider: Decider<State, Event, Command>) {
  return (history: readonly Event[]) => ({
    when(command: Command) {
      const outcome = attempt(() => decider.decide(command, fold(decider, history)))
      return {
        /** The command answers exactly these events; none means that it changes nothing. */
        // biome-ignore lint/suspicious/noThenProperty: given, when, then; nothing here is awaited
        then(expected: readonly Event[]): void {
          if ('error' in outcome) throw outcome.error
          assert.deepEqual(outcome.value, expected)
        },
        /** The command is refused with a GatehouseError of this reason. */
        thenRefused(reason: string): void {
          if (!('error' in outcome)) assert.fail(`expected refusal ${reason}, got ${outcome.value.length} events`)
          if (!(outcome.error instanceof GatehouseError)) throw outcome.error
          assert.equal(outcome.error.reason, reason)
        },
      }
    },
  })
}

function attempt<Value>(work: () => Value): { readonly value: Value } | { readonly error: unknown } {
  try {
    return { value: work() }
  } catch (error) {
    return { error }
  }
}
