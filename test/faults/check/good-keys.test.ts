import { expect, test } from 'vitest'
import { checkGoodKeys } from './good-keys.ts'
import { call, command } from './stories.ts'

const issue = command({ id: 'i', action: 'issue', endedAt: 100 })

test('a good key that is let in or told 503 is in order; of a new or a revoked one nothing is asked', () => {
  const fine = [200, 204, 503, undefined].map((status) => call({ status }))
  expect(checkGoodKeys({ commands: [issue], calls: fine }, 400)).toEqual([])
  const refused = [call({ status: 401 })]
  expect(checkGoodKeys({ commands: [issue, command()], calls: refused }, 400)).toEqual([])
  expect(checkGoodKeys({ commands: [{ ...issue, endedAt: 450 }], calls: refused }, 400)).toEqual([])
})

test.each([401, 403, 429, 500, 502])('a good key that is told %i is found', (status) => {
  expect(checkGoodKeys({ commands: [issue], calls: [call({ status })] }, 400)).toHaveLength(1)
})
