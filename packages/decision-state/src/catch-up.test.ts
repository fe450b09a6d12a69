import { expect, test } from 'vitest'
import { createCatchUp } from './catch-up.ts'

test('the position that is waited for is where the log ended after the question', async () => {
  let end = 7n
  const reached: bigint[] = []
  const catchUp = createCatchUp({
    head: async () => end,
    reach: async (position) => reached.push(position) > 0,
  })
  expect(await catchUp()).toBe(true)
  end = 9n
  expect(await catchUp()).toBe(true)
  expect(reached).toEqual([7n, 9n])
})

test('many askers share the questions; none goes by one that was asked before it came', async () => {
  const heads: PromiseWithResolvers<bigint>[] = []
  const reached: bigint[] = []
  const catchUp = createCatchUp({
    head: () => {
      const asked = Promise.withResolvers<bigint>()
      heads.push(asked)
      return asked.promise
    },
    reach: async (position) => reached.push(position) > 0,
  })
  const first = catchUp()
  await expect.poll(() => heads.length).toBe(1)
  const later = Array.from({ length: 500 }, catchUp)
  heads[0]?.resolve(1n)
  await first
  await expect.poll(() => heads.length).toBe(2)
  heads[1]?.resolve(2n)
  expect(await Promise.all(later)).toEqual(later.map(() => true))
  expect(heads).toHaveLength(2)
  expect(reached).toEqual([1n, ...later.map(() => 2n)])
})

test('more than a thousand that wait are too many; when the log does not answer nobody is told that it was reached', async () => {
  const asked = Promise.withResolvers<bigint>()
  const catchUp = createCatchUp({ head: () => asked.promise, reach: async () => true })
  const waiting = Array.from({ length: 1_000 }, catchUp)
  expect(await catchUp()).toBe(false)
  asked.reject(new Error('gone'))
  expect(await Promise.all(waiting)).toEqual(waiting.map(() => false))
})
