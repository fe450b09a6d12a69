import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { plantInto } from './plant.ts'
import { isQuick, plantNamed, plants } from './plants.ts'

const sourceOf = (file: string) => readFileSync(join(import.meta.dirname, '../../..', file), 'utf8')

test('names are told apart, and one that no plant has is refused', () => {
  expect(new Set(plants.map(({ name }) => name)).size).toBe(plants.length)
  expect(() => plantNamed('no-such-bug')).toThrow(RangeError)
  expect(plants.filter(isQuick).length).toBeGreaterThan(20)
})

describe('the product is as the plant expects it', () => {
  test.each(plants.map((plant) => [plant.name, plant] as const))('%s', (_, { edits, caughtBy }) => {
    for (const edit of edits) expect(plantInto(sourceOf(edit.file), edit)).not.toBe(sourceOf(edit.file))
    expect(sourceOf(caughtBy.file)).not.toBe('')
    expect(caughtBy.tests).not.toEqual([])
  })
})

test.each([
  ['a fragment that is not there', 'a b c', 'is not there'],
  ['a fragment that stands there twice', 'x and x', 'stands there 2 times'],
])('%s is refused', (_, source, refusal) => {
  expect(() => plantInto(source, { file: 'f.ts', find: 'x', replace: 'y' })).toThrow(refusal)
})
