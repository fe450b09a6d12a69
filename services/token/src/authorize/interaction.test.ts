import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createInteractions, type Interaction, interactionLifeMs } from './interaction.ts'

const interactions = createInteractions(randomBytes(32))
const viewer = { environmentId: 'alpha', binding: 'browser one' }
const consents: Interaction = { kind: 'consents', sessionId: 'session1' }
const now = 1_800_000_000_000
const text = interactions.seal(consents, viewer, now)

test('it comes back from the browser that it was shown to', () => {
  expect(interactions.open('consents', text, viewer, now + interactionLifeMs - 1)).toEqual(consents)
})

test('nobody reads or makes one', () => {
  expect(text).not.toBe(interactions.seal(consents, viewer, now))
  expect(Buffer.from(text, 'base64url').toString('latin1')).not.toContain('session1')
  const foreign = createInteractions(randomBytes(32)).seal(consents, viewer, now)
  expect(interactions.open('consents', foreign, viewer, now)).toBeUndefined()
})

test.each([
  ['another browser', text, { ...viewer, binding: 'browser two' }, now],
  ['no browser', text, { ...viewer, binding: '' }, now],
  ['another environment', text, { ...viewer, environmentId: 'production' }, now],
  ['too late', text, viewer, now + interactionLifeMs],
  ['cut', text.slice(0, -4), viewer, now],
  ['changed', `${text.slice(0, 40)}${text[40] === 'A' ? 'B' : 'A'}${text.slice(41)}`, viewer, now],
  ['empty', '', viewer, now],
  ['no base64', '!'.repeat(100), viewer, now],
  ['huge', 'A'.repeat(1_000_000), viewer, now],
])('refused: %s', (_, sent, from, at) => {
  expect(interactions.open('consents', sent, from, at)).toBeUndefined()
})

test('one of another kind is refused', () => {
  expect(interactions.open('sign_in', text, viewer, now)).toBeUndefined()
})

test('none is made without a browser', () => {
  expect(() => interactions.seal(consents, { ...viewer, binding: '' }, now)).toThrow(RangeError)
})
