import { expect, test } from 'vitest'
import type { Decision } from '../evidence.ts'
import type { Call } from '../history.ts'
import { checkRecords } from './records.ts'
import { call, decision } from './stories.ts'

const found = (calls: Call[], decisions: Decision[]) => checkRecords({ commands: [], calls }, { decisions })

test('one record for each answer, and records of answers that nobody saw, are in order', () => {
  const refused = [call({ status: 401, requestId: 'r2' }), decision({ sequence: 2, requestId: 'r2', allowed: false })]
  const unseen = decision({ sequence: 3, requestId: 'r3' })
  const lost = call({ status: undefined, requestId: undefined })
  expect(found([call(), refused[0] as Call, lost], [decision(), refused[1] as Decision, unseen])).toEqual([])
})

test.each([
  ['an answer without a record', call({ requestId: 'r9' }), [decision()]],
  ['an answer with two records', call(), [decision(), decision({ sequence: 2 })]],
  ['an answer without a request id', call({ requestId: '' }), [decision()]],
  ['an allow that is recorded as a refusal', call(), [decision({ allowed: false })]],
  ['a refusal that is recorded as an allow', call({ status: 401 }), [decision()]],
  ['an allow that is recorded for another key', call(), [decision({ credentialId: 'k2' })]],
  ['an allow that was answered to nobody', call(), [decision(), decision({ sequence: 2, requestId: 'r2' })]],
  ['a hole in a sequence', call(), [decision(), decision({ sequence: 3, requestId: 'r3', allowed: false })]],
  ['a sequence that does not begin at 1', call(), [decision({ sequence: 2 })]],
  ['a sequence number twice', call(), [decision(), decision({ requestId: 'r2', allowed: false })]],
])('%s is found', (_, planted, decisions) => {
  expect(found([planted], decisions)).not.toEqual([])
})
