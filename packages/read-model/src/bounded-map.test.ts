import { expect, test } from 'vitest'
import { BoundedMap } from './bounded-map.ts'

test('never holds more bytes than its budget', () => {
  const map = new BoundedMap<number>(100)
  for (let n = 0; n < 1000; n += 1) {
    map.set(`k${n % 37}`, n, (n * 7) % 30)
    expect(map.bytes).toBeLessThanOrEqual(100)
  }
})

test('what was asked for lately outlives what was not', () => {
  const map = new BoundedMap<string>(30)
  for (const key of ['a', 'b', 'c']) map.set(key, key, 10)
  map.get('a')
  map.set('d', 'd', 10)
  expect([map.get('a'), map.get('b'), map.get('c'), map.get('d')]).toEqual(['a', undefined, 'c', 'd'])
})

test('a value larger than the budget is not kept and replaces nothing else', () => {
  const map = new BoundedMap<string>(30)
  map.set('a', 'a', 10)
  map.set('b', 'b', 31)
  expect([map.get('a'), map.get('b'), map.bytes]).toEqual(['a', undefined, 10])
})

test('replacing and deleting give their bytes back', () => {
  const map = new BoundedMap<string>(30)
  map.set('a', 'a', 10)
  map.set('a', 'b', 20)
  expect([map.bytes, map.size]).toEqual([20, 1])
  map.delete('a')
  map.delete('a')
  expect([map.bytes, map.size]).toEqual([0, 0])
})
