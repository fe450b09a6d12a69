import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { inOrder } from './in-order.ts'

async function* upTo(count: number, taken: number[] = []) {
  for (let n = 1; n <= count; n++) {
    taken.push(n)
    yield n
  }
}

test('answers in the order of the items, though a later one is done earlier', async () => {
  const gates = new Map([1, 2, 3].map((n) => [n, Promise.withResolvers<void>()]))
  const seen: number[] = []
  const reading = (async () => {
    for await (const n of inOrder(upTo(3), 3, async (n) => gates.get(n)?.promise.then(() => n))) seen.push(n ?? 0)
  })()
  gates.get(3)?.resolve()
  gates.get(2)?.resolve()
  await turn()
  expect(seen).toEqual([])
  gates.get(1)?.resolve()
  await reading
  expect(seen).toEqual([1, 2, 3])
})

test('an answer is given although no further item comes', async () => {
  async function* oneAndSilence() {
    yield 1
    await new Promise(() => undefined)
  }
  const answers = inOrder(oneAndSilence(), 3, async (n) => n)
  expect(await answers.next()).toEqual({ value: 1, done: false })
})

test('takes no more items than may be on their way', async () => {
  const taken: number[] = []
  const stuck = inOrder(upTo(9, taken), 3, () => new Promise<number>(() => undefined))
  void stuck.next()
  for (let i = 0; i < 20; i++) await turn()
  expect(taken).toEqual([1, 2, 3])
})

test('a failure comes in its turn and ends it', async () => {
  const answers = inOrder(upTo(3), 3, async (n) => {
    if (n === 2) throw new Error('refused')
    return n
  })
  expect(await answers.next()).toEqual({ value: 1, done: false })
  await expect(answers.next()).rejects.toThrow('refused')
  expect(await answers.next()).toEqual({ value: undefined, done: true })
})

test('a failure of the items is passed on behind the answers before it', async () => {
  async function* broken() {
    yield 1
    throw new Error('cut')
  }
  const answers = inOrder(broken(), 3, async (n) => n)
  expect(await answers.next()).toEqual({ value: 1, done: false })
  await expect(answers.next()).rejects.toThrow('cut')
})
