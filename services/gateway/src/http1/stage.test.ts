import { expect, test } from 'vitest'
import { Stage } from './stage.ts'

const log: string[] = []
const first = new Stage<string>((item) => {
  log.push(`first ${item}`)
  second.add(item)
})
const second = new Stage<string>((item) => {
  log.push(`second ${item}`)
  if (item === 'a') first.add('late')
})

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('stage after stage, each for all that the turn brought, and what comes up meanwhile before the turn ends', async () => {
  first.add('a')
  second.add('x')
  first.add('b')
  expect(log).toEqual([])
  await turn()
  expect(log).toEqual(['first a', 'first b', 'second x', 'second a', 'second b', 'first late', 'second late'])
})

test('each turn does its own work once', async () => {
  log.length = 0
  second.add('1')
  await turn()
  second.add('2')
  await turn()
  await turn()
  expect(log).toEqual(['second 1', 'second 2'])
})
