import { expect, test } from 'vitest'
import { checkRevocation } from './revocation.ts'
import { call, command } from './stories.ts'

const bound = { strictMs: 5_000, otherMs: 1_000, healedAt: 8_000 }
const found = (...calls: Parameters<typeof call>[0][]) =>
  checkRevocation({ commands: [command()], calls: calls.map(call) }, bound)

test('calls within the bound, refusals and other keys are in order', () => {
  const refused = { invokedAt: 20_000, status: 401 }
  const other = { invokedAt: 20_000, keyId: 'k2' }
  expect(found({ invokedAt: 5_900, strict: true }, { invokedAt: 8_900 }, refused, other)).toEqual([])
})

test('a command that was not acknowledged promises nothing', () => {
  const commands = [command({ outcome: 'unknown' })]
  expect(checkRevocation({ commands, calls: [call({ invokedAt: 20_000 })] }, bound)).toEqual([])
})

test('a call that carries no position is not at that of an end that was told none', () => {
  const commands = [command({ position: '' })]
  expect(checkRevocation({ commands, calls: [call({ invokedAt: 1_001, position: '' })] }, bound)).toEqual([])
})

test.each([
  ['an allow on a strict operation after the bound', { invokedAt: 6_001, strict: true, status: 204 }],
  ['an allow after the fault', { invokedAt: 9_001 }],
  ['an allow at the position of the revocation, however early', { invokedAt: 1_001, position: 'credential:3' }],
])('%s is found', (_, planted) => {
  expect(found(planted)).toHaveLength(1)
})
