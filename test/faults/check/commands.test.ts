import { expect, test } from 'vitest'
import type { Command } from '../history.ts'
import { checkCommands } from './commands.ts'
import { command, issued, log, revoked, rotated } from './stories.ts'

const found = (commands: Command[], events = log(issued('i1'), revoked('c1'))) =>
  checkCommands({ commands, calls: [] }, { events })

test('what was acknowledged and is there once, and what is unknown or refused and absent, is in order', () => {
  const issue = command({ id: 'i1', action: 'issue' })
  const absent = [command({ id: 'x', outcome: 'fail' }), command({ id: 'y', outcome: 'unknown' })]
  expect(found([issue, command(), ...absent])).toEqual([])
  expect(found([command({ outcome: 'unknown' })])).toEqual([])
})

test.each([
  ['an acknowledged command that is lost', command({ id: 'lost' }), undefined],
  ['an acknowledged command that is doubled', command(), log(revoked('c1'), revoked('c1'))],
  ['an unknown command that is doubled', command({ outcome: 'unknown' }), log(revoked('c1'), revoked('c1'))],
  ['a refused command that was done', command({ outcome: 'fail' }), undefined],
  ['a rotation without its successor', command({ action: 'rotate' }), log(issued('i1'), rotated())],
  ['a successor without its rotation', command({ action: 'rotate', outcome: 'unknown' }), log(issued('', 'k2', 'k1'))],
  ['a key that was issued twice', command({ id: 'i1', action: 'issue' }), log(issued('i1'), issued('i1', 'k2'))],
])('%s is found', (_, planted, events) => {
  expect(found([planted], events)).toHaveLength(1)
})
