import { expect, test } from 'vitest'
import { freePort } from './free-port.ts'

test('no port is given twice, though nobody has bound it yet', async () => {
  const ports: number[] = []
  for (let time = 0; time < 1_000; time++) ports.push(await freePort())
  expect(new Set(ports).size).toBe(ports.length)
})
