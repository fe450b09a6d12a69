import { expect, test } from 'vitest'
import { chunks } from './chunks.ts'
import { freshAfter } from './delivery.ts'
import { sampleEvent } from './testing/served-log.ts'

const positions = (events: readonly { position: bigint }[] | undefined) =>
  events?.map(({ position }) => Number(position))
const events = (...at: number[]) => at.map((position) => sampleEvent(BigInt(position)))

test.each<[string, number, number[], number[] | undefined]>([
  ['what follows is taken', 3, [4, 5], [4, 5]],
  ['what was taken before is left out', 3, [2, 3, 4], [4]],
  ['what is sent again within a batch is left out', 3, [4, 5, 4, 5, 6], [4, 5, 6]],
  ['nothing new is nothing', 3, [1, 2, 3], []],
  ['a hole before the batch is seen', 3, [5, 6], undefined],
  ['a hole within the batch is seen', 3, [4, 6], undefined],
  ['a hole after a repetition is seen', 3, [3, 5], undefined],
])('%s', (_, after, offered, taken) => {
  expect(positions(freshAfter(BigInt(after), events(...offered)))).toEqual(taken)
})

test('a list is cut by number and by bytes, in order, an oversized item alone', () => {
  const sizes = (items: readonly number[]) => [...chunks(items, (bytes) => bytes)].map((chunk) => chunk.length)
  expect(sizes([])).toEqual([])
  expect(sizes(Array(1_001).fill(1))).toEqual([500, 500, 1])
  expect(sizes([300 * 1024, 300 * 1024, 1])).toEqual([1, 2])
  expect(sizes([1, 900 * 1024, 1])).toEqual([1, 1, 1])
})
