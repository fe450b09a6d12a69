import type { RecordedEvent } from '@gatehouse/contracts/event_log/v1/event_log_service'
import { credentialEvents, encodeEvent, policyEvents, tokenEvents } from '@gatehouse/contracts/events'
import fc from 'fast-check'
import { type Choice, choice, record } from './history.ts'
import { credentialEvent } from './history-credential.ts'
import { policyEvent } from './history-policy.ts'
import { tokenEvent } from './history-token.ts'

/** Valid histories of the credential log, for tests: dense positions and versions, every stream begun before it moves. */
export const credentialHistory: fc.Arbitrary<RecordedEvent[]> = fc
  .array(choice, { maxLength: 60, size: 'max' })
  .map((choices) => record(choices, credentialEvent, (event) => encodeEvent(credentialEvents, event)))

/** Valid histories of the policy log, for tests. */
export const policyHistory: fc.Arbitrary<RecordedEvent[]> = fc
  .array(choice, { maxLength: 60, size: 'max' })
  .map((choices) => record(choices, policyEvent, (event) => encodeEvent(policyEvents, event)))

/** Valid histories of the token log, for tests. */
export const tokenHistory: fc.Arbitrary<RecordedEvent[]> = fc
  .array(choice, { maxLength: 60, size: 'max' })
  .map((choices) => record(choices, tokenEvent, (event) => encodeEvent(tokenEvents, event)))

/** One valid history of the credential log with so many events, always the same for a seed. */
export function sampleHistory(length: number, seed: number): RecordedEvent[] {
  const [choices = []] = fc.sample(fc.array(choice, { minLength: length, maxLength: length }), { numRuns: 1, seed })
  return record(choices, credentialEvent, (event) => encodeEvent(credentialEvents, event))
}

/** A credential log of a given length, for tests: clients `1` to `50` are registered, then suspended and resumed in turn. */
export function clientLog(length: number): RecordedEvent[] {
  const choices = Array.from({ length }, (_, n): Choice => {
    return { noun: 0, id: (n % 50) + 1, event: (Math.floor(n / 50) - 1) % 2, time: 1_700_000_000_000 + n, words: [] }
  })
  return record(choices, credentialEvent, (event) => encodeEvent(credentialEvents, event))
}
