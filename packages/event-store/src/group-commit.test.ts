import { expect, test } from 'vitest'
import { createGroupCommit } from './group-commit.ts'

test('what waits makes up batches of a bounded size, in order; what is larger goes alone', async () => {
  const batches: number[][] = []
  const commits = createGroupCommit<{ size: number; reject: () => void }>({
    batchMax: 5,
    sizeOf: ({ size }) => size,
    waitingMax: 100,
    async run(batch) {
      batches.push(batch.map(({ size }) => size))
    },
  })
  for (const size of [1, 4, 2, 9, 3, 2, 1]) commits.submit({ size, reject: () => undefined })
  await commits.close()
  expect(batches).toEqual([[1, 4], [2], [9], [3, 2], [1]])
})
